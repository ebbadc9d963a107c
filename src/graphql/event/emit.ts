import type { EventRow } from "../../db/event/events.ts";
import { emitMany, emitOne, longestWait } from "../../domain/emit/emitAndWait.ts";
import { type EventInput, eventLimits } from "../../domain/event/eventInput.ts";
import type { ScheduledEventInput } from "../../domain/schedule/scheduledEvent.ts";
import { ActionInput } from "../action/actionInput.ts";
import { builder } from "../builder/builder.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { ContentTypeEnum, Event } from "./event.ts";

const SubjectInput = builder.inputType("SubjectInput", {
  description: "What an event is about.",
  fields: (t) => ({
    type: t.string({ required: true, description: "The kind of thing; 1 to 200 characters." }),
    id: t.string({ required: true, description: "Its id; 1 to 200 characters." }),
  }),
});

export const EmitEventInput = builder.inputType("EmitEventInput", {
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
    broadcast: t.boolean({
      defaultValue: false,
      description:
        "Whether hooks of all users can match the event: a hook's `userId` is ignored, and its other conditions apply. Not together with `hookId`.",
    }),
    hookId: t.id({
      description:
        "Only this hook receives the event, if it matches it (types, user, channels and filter); no workflow runs. NOT_FOUND if the project has no such hook, or it is deleted.",
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

const toEventInput = ({ waitMs: _, ...input }: Input): EventInput => toScheduledEvent(input);

/** The event of a schedule: with all fields, of which it refuses some. */
export const toScheduledEvent = ({
  occurredAt,
  broadcast,
  ...input
}: Input): ScheduledEventInput => ({
  ...input,
  ...(broadcast && { broadcast }),
  occurredAt: occurredAt == null ? null : new Date(occurredAt),
});

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

const EmitEventsPayload = payloadType<{ events: EventRow[]; duplicates: boolean[] }>(
  "EmitEventsPayload",
  "The result of emitEvents, after the commit.",
  (t) => ({
    events: t.field({
      type: [Event],
      nullable: true,
      description: "The events, in input order. Null if one was rejected; then none was stored.",
      resolve: ({ events }) => events,
    }),
    duplicates: t.booleanList({
      nullable: true,
      description:
        "For each event, in input order, whether its idempotency key was used before. Null if one was rejected.",
      resolve: ({ duplicates }) => duplicates,
    }),
  }),
);

builder.mutationFields((t) => ({
  emitEvent: t.field({
    type: EmitEventPayload,
    description:
      "Emits an event. Success means that the event is durably stored, and so are its deliveries unless it is STAGED: those follow at once. Errors: INVALID, UNKNOWN_TYPE, DATA_INVALID, IDEMPOTENCY_CONFLICT, NAME_TAKEN, NOT_FOUND (`hookId`). When PostgreSQL cannot keep up, the top-level error is TOO_MANY_REQUESTS: nothing was stored, and the call can be repeated after `Retry-After`.",
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
        const waitMs = longestWait(
          input.map((one) => one.waitMs),
          (index) => [index, "waitMs"],
        );
        const emitted = await emitMany(context, "emitEvents", input.map(toEventInput), waitMs);
        return {
          events: emitted.map(({ event }) => event),
          duplicates: emitted.map(({ isDuplicate }) => isDuplicate),
        };
      }),
  }),
}));
