import type { EventRow } from "../../db/event/events.ts";
import { cancelEvent, rescheduleEvent } from "../../domain/event/eventSchedule.ts";
import { builder } from "../builder/builder.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { Event } from "./event.ts";

const EventPayload = payloadType<{ event: EventRow }>(
  "EventPayload",
  "The result of cancelEvent and rescheduleEvent.",
  (t) => ({
    event: t.field({
      type: Event,
      nullable: true,
      description: "The event as it is now.",
      resolve: ({ event }) => event,
    }),
  }),
);

builder.mutationFields((t) => ({
  cancelEvent: t.field({
    type: EventPayload,
    description:
      "Cancels an event that is SCHEDULED or STAGED. It is never delivered. Errors: NOT_FOUND; NOT_ALLOWED_NOW in any other status, or when a part of its deliveries is already written.",
    args: { id: t.arg.id({ required: true, description: "The event's id." }) },
    resolve: (_root, { id }, { caller, hub }) =>
      withUserErrors(async () => ({ event: await cancelEvent(hub.db.sql, caller.projectId, id) })),
  }),
  rescheduleEvent: t.field({
    type: EventPayload,
    description:
      "Changes the due time of a SCHEDULED event. A time in the past makes it due now. Errors: INVALID, NOT_FOUND, NOT_ALLOWED_NOW.",
    args: {
      id: t.arg.id({ required: true, description: "The event's id." }),
      timestamp: t.arg({
        type: "Timestamp",
        description: "When the event is due; at most 10 years ahead.",
      }),
      delay: t.arg.float({
        description: "Seconds to add to `timestamp`, or to now if that is absent; 0 or more.",
      }),
    },
    resolve: (_root, { id, ...schedule }, { caller, hub }) =>
      withUserErrors(async () => ({
        event: await rescheduleEvent(hub.db.sql, caller.projectId, id, schedule),
      })),
  }),
}));
