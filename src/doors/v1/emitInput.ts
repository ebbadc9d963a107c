import { z } from "zod";
import { actionInput } from "../../domain/action/actionInput.ts";
import { type EventInput, eventInput } from "../../domain/event/eventInput.ts";
import { readInput, withExact } from "../input/readInput.ts";
import { dateTime, timestamp } from "../input/time.ts";

const action = z
  .strictObject({
    ...actionInput.shape,
    // Like an absent one, an empty key is none.
    key: z.string().nullish(),
    meta: z.unknown().optional(),
  })
  .meta({ id: "ActionInput" });

const line = z.string().nullish();

/** An event to emit, as in GraphQL: the kinds of its fields. What they may hold the domain checks once, for all doors. */
export const emitEventInput = z
  .strictObject({
    type: line,
    name: line,
    avatar: line,
    category: line,
    contentType: eventInput.shape.contentType,
    userId: line,
    subject: z.strictObject({ type: z.string(), id: z.string() }).nullish(),
    contextId: line,
    stepUuid: line,
    uid: line,
    channels: eventInput.shape.channels,
    tags: eventInput.shape.tags,
    idempotencyKey: line,
    data: z.unknown().optional(),
    content: z.unknown().optional(),
    occurredAt: dateTime.nullish(),
    timestamp: timestamp.nullish(),
    delay: z.number().nullish(),
    actions: z.array(action).nullish(),
    broadcast: z.boolean().nullish(),
    hookId: line,
    waitMs: z.int().nullish(),
  })
  .meta({ id: "EmitEventInput" });

/** The same within another body, where a member is named among its `exact` ones. */
export const nestedEvent = z.preprocess(exactly, emitEventInput);

type Checked = { input: EventInput; waitMs: number | null | undefined };

/** Keeps the digits of numbers in the JSON values of an event. */
function exactly(value: unknown): unknown {
  const event = withExact(value, ["data", "content"]);
  if (typeof event !== "object" || event === null || !("actions" in event)) return event;
  const { actions } = event;
  if (!Array.isArray(actions)) return event;
  return { ...event, actions: actions.map((one) => withExact(one, ["meta"])) };
}

/** One event of a JSON body. Throws INVALID. */
export function parseEvent(value: unknown): Checked {
  const { waitMs, occurredAt, ...input } = readInput(emitEventInput, exactly(value));
  return { input: { ...input, occurredAt: occurredAt ?? null }, waitMs };
}
