import { z } from "zod";
import { emitOne } from "../../domain/emit/emitAndWait.ts";
import type { Context } from "../../graphql/builder/context.ts";
import { currentProject } from "../../graphql/project/project.ts";
import type { Door, DoorRequest, DoorResponse, Failure } from "../../http/door/door.ts";
import { readJson } from "../../http/door/readJson.ts";
import { userError } from "../../util/userError.ts";
import { readInput, withExact } from "../input/readInput.ts";
import { timestamp } from "../input/time.ts";
import { withNames } from "./fields.ts";
import { webhookResult } from "./webhookResult.ts";

/** How long Space Cloud keeps a synchronous caller. */
const SYNCHRONOUS_MS = 10_000;

const queueInput = z.strictObject({
  type: z.string(),
  delay: z.number().nullish(),
  timestamp: timestamp.nullish(),
  /** The document's name of it, and the client's. */
  data: z.unknown().optional(),
  payload: z.unknown().optional(),
  isSynchronous: z.boolean().nullish(),
  options: z
    .record(z.string(), z.unknown())
    .refine(
      (options) => Object.keys(options).length === 0,
      "must be empty: options are for triggers of a database, which this hub has not",
    )
    .nullish(),
});

/** Throws NOT_FOUND unless the key is of the project in the path, by its id, slug or name. */
async function checkProject(context: Context, named: string): Promise<void> {
  const { id, slug, name } = await currentProject(context);
  if (![id, slug, name].includes(named))
    throw userError(
      "NOT_FOUND",
      `the key is of the project '${slug}', not of '${named}': put its slug, its name or its id into the path`,
    );
}

/** Whether an event is due so late that nobody need wait for it. */
const isFarAhead = (timestamp: Date | null | undefined, delay: number | null | undefined) =>
  (timestamp?.getTime() ?? Date.now()) + (delay ?? 0) * 1_000 > Date.now() + SYNCHRONOUS_MS;

async function queue(request: DoorRequest): Promise<DoorResponse> {
  const { context, params } = request;
  await checkProject(context, params.project ?? "");
  const given = readInput(queueInput, withExact(readJson(request), ["data", "payload"]));
  if (given.data !== undefined && given.payload !== undefined)
    throw userError("INVALID", "field 'payload' is another name of 'data': give one", ["payload"]);
  const { type, delay, timestamp, data = given.payload, isSynchronous } = given;
  const names = { data: [given.payload === undefined ? "data" : "payload"] };
  const waitMs = isSynchronous && !isFarAhead(timestamp, delay) ? SYNCHRONOUS_MS : 0;
  const { event } = await withNames(names, () =>
    emitOne(context, { type, data, timestamp, delay }, "API", waitMs),
  );
  const { id, status, scheduledFor } = event;
  const told = { id, status, ...(scheduledFor && { scheduledFor }) };
  if (!isSynchronous) return { status: 200, body: told };
  return webhookResult(context, event, told);
}

const routes = ["event-triggers", "eventing"].map((queues) => ({
  method: "POST" as const,
  path: `/v1/api/{project}/${queues}/queue`,
  operation: "Mutation.emitEvent" as const,
  handle: queue,
}));

/** Space Cloud: the queue of its document, and that of its client. */
export const spaceCloud: Door = {
  prefixes: ["/v1/api/"],
  routes,
  renderFailure: ({ status, message }: Failure) => ({ status, body: { error: message } }),
};
