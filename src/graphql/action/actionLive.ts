import { builder } from "../builder/builder.ts";
import {
  afterArgument,
  changeType,
  matchesFilter,
  resolveEntity,
  subscribe,
} from "../feed/change.ts";
import { Action } from "./action.ts";

const ActionChange = changeType<"ACTION">("ActionChange", "A change of an action.", (t) => ({
  action: t.field({
    type: Action,
    description: "The action as it was at this change. Its presses are current.",
    resolve: resolveEntity,
  }),
}));

builder.subscriptionField("actionUpdated", (t) =>
  t.field({
    type: ActionChange,
    description:
      "Every change of an action: creation with its event, start and end of a press, and rescheduling of its event. Expiry is not reported; see `expiresAt`.",
    args: {
      eventId: t.arg.id({ description: "Only for this event." }),
      actionId: t.arg.id({ description: "Only for this action." }),
      after: t.arg.string(afterArgument),
    },
    subscribe: (_root, args, context) =>
      subscribe(
        context,
        args.after,
        "ACTION",
        (change) =>
          matchesFilter(args.eventId, change.eventId) &&
          matchesFilter(args.actionId, change.entityId),
      ),
    resolve: (change) => change,
  }),
);
