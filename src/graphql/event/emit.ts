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
    id: t.string({ required: true, description: "Which one; 1 to 200 characters." }),
  }),
});

const EmitEventInput = builder.inputType("EmitEventInput", {
  description: "An event to emit.",
  fields: (t) => ({
    type: t.string({
      description: "What kind; 1 to 200 characters. `name` alone is then the type, too.",
    }),
    data: t.field({
      type: "JSON",
      description: "Any JSON, at most 256 KiB; must fit the schema of its type, when registered.",
    }),
    idempotencyKey: t.string({
      description:
        "1 to 255 characters, kept for 24 h. Same key, same body: the first event again. Same key, other body: IDEMPOTENCY_CONFLICT.",
    }),
    occurredAt: t.field({
      type: "DateTime",
      description: "When it happened; now, by the database's clock, when absent.",
    }),
    timestamp: t.field({
      type: "Timestamp",
      description: "When it is due; what has passed is due now. At most 10 years ahead.",
    }),
    delay: t.float({
      description: "Seconds, 0 or more, from `timestamp`, or from now when that is absent.",
    }),
    name: t.string({
      description: "A heading for people; 1 to 200 characters; the type when absent.",
    }),
    avatar: t.string({ description: "An emoji or an image URL; at most 2,048 characters." }),
    category: t.string({ description: "To group and filter by; 1 to 200 characters." }),
    contentType: t.field({
      type: ContentTypeEnum,
      description: "How to show `content`; read off it when absent.",
    }),
    content: t.field({ type: "JSON", description: "What people are shown; at most 256 KiB." }),
    userId: t.string({
      description: "Your user it belongs to: hooks of that user see it; 1 to 200 characters.",
    }),
    subject: t.field({ type: SubjectInput, description: "What it is about." }),
    contextId: t.string({
      description: "Events of one context form a timeline; 1 to 200 characters.",
    }),
    stepUuid: t.string({ description: "goflow's `step_uuid`: a UUID4 in lower case." }),
    actions: t.field({ type: [ActionInput], description: "Its buttons, at most 20, in order." }),
    waitMs: t.int({
      description: "0 (default) to 15,000: answer when every delivery has ended, or then.",
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

/** The longest wait of a call's events. Throws INVALID for one out of range. */
export function waitOf(
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

/** Runs a call that may wait; refused before anything is done when too many of the project's calls wait already. */
export async function withPlaceToWait<Result>(
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

/** A single event's mistakes lose the index that a batch puts before their paths. */
export const emitOne = (
  context: Context,
  input: EventInput,
  origin: "API" | "MANUAL",
  waitMs: number,
): Promise<Emitted> =>
  withPlaceToWait(context, waitMs, () => emitAndWait(context, input, origin, waitMs));

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
  "What emitEvent and triggerHook answer, after the commit.",
  (t) => ({
    event: t.field({
      type: Event,
      nullable: true,
      description: "The event, accepted for good.",
      resolve: ({ event }) => event,
    }),
    isDuplicate: t.boolean({
      description:
        "Whether the idempotency key was used before, so that this is the event of then.",
      resolve: ({ isDuplicate }) => isDuplicate ?? false,
    }),
  }),
);

const EmitEventsPayload = payloadType<{ events: EventRow[] }>(
  "EmitEventsPayload",
  "What emitEvents answers, after the commit.",
  (t) => ({
    events: t.field({
      type: [Event],
      nullable: true,
      description:
        "The events, in the order of the input; null when one was refused, for then none was accepted.",
      resolve: ({ events }) => events,
    }),
  }),
);

builder.mutationFields((t) => ({
  emitEvent: t.field({
    type: EmitEventPayload,
    description:
      "Emits an event. An answer means that it is stored for good, with its deliveries. Errors: INVALID, UNKNOWN_TYPE, DATA_INVALID, IDEMPOTENCY_CONFLICT. While PostgreSQL does not keep up: TOO_MANY_REQUESTS at the top level, with nothing stored, to be sent again after `Retry-After`.",
    args: { input: t.arg({ type: EmitEventInput, required: true, description: "The event." }) },
    resolve: (_root, { input }, context) =>
      withUserErrors(() => {
        const waitMs = waitOf([input.waitMs], () => ["waitMs"]);
        return emitOne(context, toEventInput(input), "API", waitMs);
      }),
  }),
  emitEvents: t.field({
    type: EmitEventsPayload,
    description: `Emits 1 to ${eventLimits.batch} events, all or none. The paths of errors begin with the event's index. Errors: as emitEvent.`,
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
        const waitMs = waitOf(
          input.map((one) => one.waitMs),
          (index) => [index, "waitMs"],
        );
        const { caller, hub } = context;
        const call = {
          projectId: caller.projectId,
          inputs: input.map(toEventInput),
          origin: "API" as const,
        };
        const emitted = await withPlaceToWait(context, waitMs, async () =>
          waitForEnd(context, await hub.emitter.emit(call), waitMs),
        );
        return { events: emitted.map(({ event }) => event) };
      }),
  }),
}));
