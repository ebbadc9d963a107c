import { type EventRow, eventsById, hasEnded } from "../../db/event/events.ts";
import type { Emitted } from "../../domain/emit/emitWrite.ts";
import { type EventInput, eventLimits } from "../../domain/event/eventInput.ts";
import { UserError, userError } from "../../util/userError.ts";
import { ActionInput } from "../action/actionInput.ts";
import { builder } from "../builder/builder.ts";
import type { Context } from "../builder/context.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { ContentTypeEnum, Event } from "./event.ts";

const MAX_WAIT_MS = 15_000;

const SubjectInput = builder.inputType("SubjectInput", {
  description: "What an event is about.",
  fields: (t) => ({
    type: t.string({ required: true, description: "The kind of thing; 1 to 200 characters." }),
    id: t.string({ required: true, description: "Its id; 1 to 200 characters." }),
  }),
});

const EmitEventInput = builder.inputType("EmitEventInput", {
  description: "An event to emit.",
  fields: (t) => ({
    type: t.string({
      description: "The event type; 1 to 200 characters. If absent, `name` is also the type.",
    }),
    data: t.field({
      type: "JSON",
      description:
        "Any JSON, at most 256 KiB. It must match the schema of the type if the type is registered.",
    }),
    idempotencyKey: t.string({
      description:
        "1 to 255 characters; kept for 24 h. The same key with the same body returns the first event. The same key with another body is IDEMPOTENCY_CONFLICT.",
    }),
    occurredAt: t.field({
      type: "DateTime",
      description: "When the event happened. Default: now, by the database's clock.",
    }),
    timestamp: t.field({
      type: "Timestamp",
      description: "When the event is due; at most 10 years ahead. A time in the past is due now.",
    }),
    delay: t.float({
      description: "Seconds to add to `timestamp`, or to now if that is absent; 0 or more.",
    }),
    name: t.string({
      description: "A heading for people; 1 to 200 characters. Default: the type.",
    }),
    avatar: t.string({ description: "An emoji or an image URL; at most 2,048 characters." }),
    category: t.string({ description: "A category to group and filter by; 1 to 200 characters." }),
    contentType: t.field({
      type: ContentTypeEnum,
      description: "How to display `content`. Default: inferred from it.",
    }),
    content: t.field({
      type: "JSON",
      description: "What to show to people; any JSON, at most 256 KiB.",
    }),
    userId: t.string({
      description:
        "The id of your user that the event belongs to; 1 to 200 characters. Hooks and workflows of that user receive it.",
    }),
    uid: t.string({
      description:
        "Your id of the event, unique among the events of `userId`; 1 to 256 characters. A second event with it is NAME_TAKEN.",
    }),
    channels: t.stringList({
      description:
        "1 to 10 channels of 1 to 128 characters. Hooks with channels receive the event if they share one.",
    }),
    tags: t.stringList({
      description: "1 to 10 labels of 1 to 128 characters; they are shown and never sent.",
    }),
    subject: t.field({ type: SubjectInput, description: "What the event is about." }),
    contextId: t.string({
      description: "Events with the same context id form a timeline; 1 to 200 characters.",
    }),
    stepUuid: t.string({ description: "goflow's `step_uuid`: a version 4 UUID in lower case." }),
    actions: t.field({
      type: [ActionInput],
      description: "The event's buttons, in order; at most 20.",
    }),
    waitMs: t.int({
      description: "Milliseconds to wait for all deliveries to end: 0 (default) to 15,000.",
    }),
  }),
});

type Input = Omit<EventInput, "occurredAt"> & {
  occurredAt?: string | Date | null | undefined;
  waitMs?: number | null | undefined;
};

const toEventInput = ({ waitMs: _, occurredAt, ...input }: Input): EventInput => ({
  ...input,
  occurredAt: occurredAt == null ? null : new Date(occurredAt),
});

/** Returns the longest `waitMs` of a call's events. Throws INVALID if one is out of range. */
export function longestWait(
  waits: (number | null | undefined)[],
  pathOf: (index: number) => (string | number)[],
): number {
  for (const [index, wait] of waits.entries()) {
    if (wait != null && (wait < 0 || wait > MAX_WAIT_MS)) {
      throw userError(
        "INVALID",
        `field 'waitMs' must be a whole number from 0 to ${MAX_WAIT_MS}`,
        pathOf(index),
      );
    }
  }
  return Math.max(0, ...waits.map((wait) => wait ?? 0));
}

/**
 * Runs a call that may wait. Throws Overloaded before the call starts if too many calls of the
 * project are waiting.
 */
export async function withWaitSlot<Result>(
  { hub, caller }: Context,
  waitMs: number,
  work: () => Promise<Result>,
): Promise<Result> {
  if (waitMs === 0) return work();
  const release = hub.waits.take(caller.projectId);
  try {
    return await work();
  } finally {
    release();
  }
}

/** Waits for the events to end, when asked to, and gives them as they are then. */
async function waitForEnd(
  context: Context,
  emitted: Emitted[],
  waitMs: number,
): Promise<Emitted[]> {
  const open = emitted.filter(({ event }) => !hasEnded(event.status));
  if (waitMs === 0 || open.length === 0) return emitted;
  const { caller, hub, read, ended } = context;
  const ids = open.map(({ event }) => event.id);
  await hub.waitForEvents(caller.projectId, ids, waitMs, ended);
  const now = new Map(
    (await read((sql) => eventsById(sql, caller.projectId, ids))).map((row) => [row.id, row]),
  );
  return emitted.map((one) => ({ ...one, event: now.get(one.event.id) ?? one.event }));
}

/** Emits one event. Error paths have no batch index. */
export const emitOne = (
  context: Context,
  input: EventInput,
  origin: "API" | "MANUAL",
  waitMs: number,
): Promise<Emitted> =>
  withWaitSlot(context, waitMs, () => emitAndWait(context, input, origin, waitMs));

async function emitAndWait(
  context: Context,
  input: EventInput,
  origin: "API" | "MANUAL",
  waitMs: number,
): Promise<Emitted> {
  const { caller, hub } = context;
  const emitted = await hub.emitter
    .emit({ projectId: caller.projectId, inputs: [input], origin })
    .catch((error) => {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(error.entries.map((entry) => ({ ...entry, path: entry.path.slice(1) })));
    });
  const [one] = await waitForEnd(context, emitted, waitMs);
  if (!one) throw new Error("the emitter gave no event");
  return one;
}

export const EmitEventPayload = payloadType<{ event: EventRow; isDuplicate: boolean }>(
  "EmitEventPayload",
  "The result of emitEvent and triggerHook, after the commit.",
  (t) => ({
    event: t.field({
      type: Event,
      nullable: true,
      description: "The event, durably stored.",
      resolve: ({ event }) => event,
    }),
    isDuplicate: t.boolean({
      description:
        "Whether the idempotency key was used before. `event` is then the earlier event.",
      resolve: ({ isDuplicate }) => isDuplicate ?? false,
    }),
  }),
);

const EmitEventsPayload = payloadType<{ events: EventRow[] }>(
  "EmitEventsPayload",
  "The result of emitEvents, after the commit.",
  (t) => ({
    events: t.field({
      type: [Event],
      nullable: true,
      description: "The events, in input order. Null if one was rejected; then none was stored.",
      resolve: ({ events }) => events,
    }),
  }),
);

builder.mutationFields((t) => ({
  emitEvent: t.field({
    type: EmitEventPayload,
    description:
      "Emits an event. Success means that the event is durably stored, and so are its deliveries unless it is STAGED: those follow at once. Errors: INVALID, UNKNOWN_TYPE, DATA_INVALID, IDEMPOTENCY_CONFLICT, NAME_TAKEN. When PostgreSQL cannot keep up, the top-level error is TOO_MANY_REQUESTS: nothing was stored, and the call can be repeated after `Retry-After`.",
    args: { input: t.arg({ type: EmitEventInput, required: true, description: "The event." }) },
    resolve: (_root, { input }, context) =>
      withUserErrors(() => {
        const waitMs = longestWait([input.waitMs], () => ["waitMs"]);
        return emitOne(context, toEventInput(input), "API", waitMs);
      }),
  }),
  emitEvents: t.field({
    type: EmitEventsPayload,
    description: `Emits 1 to ${eventLimits.batch} events: all or none. Error paths begin with the event's index. Errors: as emitEvent.`,
    args: {
      input: t.arg({
        type: [EmitEventInput],
        required: true,
        description: "The events, in order.",
      }),
    },
    resolve: (_root, { input }, context) =>
      withUserErrors(async () => {
        if (input.length === 0 || input.length > eventLimits.batch) {
          throw userError(
            "INVALID",
            `emitEvents takes 1 to ${eventLimits.batch} events, got ${input.length}`,
          );
        }
        const waitMs = longestWait(
          input.map((one) => one.waitMs),
          (index) => [index, "waitMs"],
        );
        const { caller, hub } = context;
        const call = {
          projectId: caller.projectId,
          inputs: input.map(toEventInput),
          origin: "API" as const,
        };
        const emitted = await withWaitSlot(context, waitMs, async () =>
          waitForEnd(context, await hub.emitter.emit(call), waitMs),
        );
        return { events: emitted.map(({ event }) => event) };
      }),
  }),
}));
