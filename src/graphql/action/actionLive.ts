import { builder } from "../builder/builder.ts";
import {
  after,
  type ChangeOf,
  changeType,
  isKind,
  matchesFilter,
  resolveEntity,
  subscribe,
} from "../feed/change.ts";
import { Action } from "./action.ts";

const ActionChange = changeType<"ACTION">(
  "ActionChange",
  "An action, as it was at one of its changes.",
  (t) => ({
    action: t.field({
      type: Action,
      description: "The action as it was then; its presses as they are now.",
      resolve: resolveEntity,
    }),
  }),
);

const isAction = isKind("ACTION");

builder.subscriptionField("actionUpdated", (t) =>
  t.field({
    type: ActionChange,
    description:
      "Every state of actions, their first included: with their event, when a press begins and when it ends, and when their event is scheduled anew. That one expires is no change: see `expiresAt`.",
    args: {
      eventId: t.arg.id({ description: "Of this event only." }),
      actionId: t.arg.id({ description: "Of this action only." }),
      after: t.arg.string(after),
    },
    subscribe: (_root, args, context) =>
      subscribe(
        context,
        args.after,
        (change) =>
          isAction(change) &&
          matchesFilter(args.eventId, change.eventId) &&
          matchesFilter(args.actionId, change.entityId),
      ),
    resolve: (change) => change as ChangeOf<"ACTION">,
  }),
);
