import { z } from "zod";
import { readStatistics } from "../../../domain/statistics/statistics.ts";
import { dateTime } from "../../input/time.ts";
import { component } from "../answers.ts";
import { endpoint } from "../endpoint.ts";

export const statisticsEndpoint = endpoint({
  method: "GET",
  path: "/v1/statistics",
  operation: "Query.statistics",
  summary:
    "Counts, success, latency and status codes of the project, a hook or an event type: by the minute for up to 12 hours of the last two days, else by the hour.",
  query: z.strictObject({
    hookId: z.string().max(1_000).optional().describe("Only this hook. Not with `type`."),
    type: z.string().max(1_000).optional().describe("Only this event type. Not with `hookId`."),
    since: dateTime
      .optional()
      .describe("The start, at most 90 days before `until`. Default: an hour before it."),
    until: dateTime.optional().describe("The end. Default: now."),
  }),
  answer: component("Statistics"),
  handle: async ({ context: { caller, read }, asked }) => ({
    body: await read((sql) => readStatistics(sql, caller.projectId, asked)),
  }),
});
