import { z } from "zod";
import { readStatistics } from "../../../domain/statistics/statistics.ts";
import { dateTime } from "../../input/time.ts";
import { endpoint } from "../endpoint.ts";

const count = { type: "integer", minimum: 0 };
const time = { type: "string", format: "date-time" };
const object = (properties: Readonly<Record<string, object>>) => ({
  type: "object",
  required: Object.keys(properties),
  properties,
});

const point = object({
  at: time,
  accepted: count,
  succeeded: count,
  failed: count,
  retried: count,
  successShare: { type: ["number", "null"], minimum: 0, maximum: 1 },
  latencyP50Ms: { type: ["number", "null"], minimum: 1 },
  latencyP95Ms: { type: ["number", "null"], minimum: 1 },
  answers: {
    type: "array",
    items: object({ statusCode: { type: ["integer", "null"] }, count }),
  },
});

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
  answer: object({
    step: { enum: ["MINUTE", "HOUR"] },
    since: time,
    until: time,
    countedAt: { type: ["string", "null"], format: "date-time" },
    total: point,
    points: { type: "array", items: point },
  }),
  handle: async ({ context: { caller, read }, asked }) => ({
    body: await read((sql) => readStatistics(sql, caller.projectId, asked)),
  }),
});
