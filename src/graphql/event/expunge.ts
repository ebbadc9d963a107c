import { expungeEvent, expungeUser } from "../../domain/event/expunge.ts";
import { builder } from "../builder/builder.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";

const ExpungePayload = payloadType<{ events: number }>(
  "ExpungePayload",
  "The result of expungeEvent and expungeUser.",
  (t) => ({
    events: t.exposeInt("events", {
      nullable: true,
      description:
        "The number of events with content that were found. Their content is gone when this is answered, but for what takes longer than 5 s or is being sent: that follows by itself (`Event.expungedAt`).",
    }),
  }),
);

const erases =
  "for good: data, content, buttons, request and response headers and bodies, and system events that quote them. What waits to be sent is cancelled. Ids, types, times and states stay.";

builder.mutationFields((t) => ({
  expungeEvent: t.field({
    type: ExpungePayload,
    description: `Erases the content of an event ${erases} Errors: NOT_FOUND.`,
    args: { id: t.arg.id({ required: true, description: "The event's id." }) },
    resolve: (_root, { id }, { caller, hub }) =>
      withUserErrors(async () => ({
        events: await expungeEvent(hub.db.sql, caller.projectId, id, caller.keyName),
      })),
  }),
  expungeUser: t.field({
    type: ExpungePayload,
    description: `Erases the content of all events of a user that were emitted until now, ${erases} Errors: INVALID.`,
    args: {
      userId: t.arg.string({ required: true, description: "The user's id: 1 to 200 characters." }),
    },
    resolve: (_root, { userId }, { caller, hub }) =>
      withUserErrors(async () => ({
        events: await expungeUser(hub.db.sql, caller.projectId, userId, caller.keyName),
      })),
  }),
}));
