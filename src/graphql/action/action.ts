import {
  type ActionRow,
  type ActionStatus,
  type ActionStyle,
  actionsById,
  actionsOfEvents,
} from "../../db/action/actions.ts";
import { rawJson } from "../../util/json/rawJson.ts";
import { builder, Node } from "../builder/builder.ts";
import { describedEnum } from "../builder/describedEnum.ts";
import { Event, loadEvent } from "../event/event.ts";
import { batched, rowLoader } from "../page/loaders.ts";

const ActionStatusEnum = describedEnum("ActionStatus", "The state of an action.", {
  PENDING: "Can be pressed. Also after a failed press (see `lastError`).",
  RUNNING: "A press is in progress. Another press is rejected with ACTION_BUSY until it ends.",
  COMPLETE: "The target answered 200 or 201. Final unless `repeat` is true.",
  EXPIRED: "It expired before a press succeeded.",
} satisfies Record<ActionStatus, string>);

export const ActionStyleEnum = describedEnum("ActionStyle", "How to display a button.", {
  DEFAULT: "A normal button.",
  IMPORTANT: "A highlighted button.",
  DANGER: "A button that warns of a dangerous action.",
} satisfies Record<ActionStyle, string>);

/** An action of the caller's project. */
export const loadAction = rowLoader<ActionRow>("action", actionsById);

export const Action = builder.objectRef<ActionRow>("Action");
Action.implement({
  description:
    "A button on an event. A press calls its URL once; an external action is only a link.",
  interfaces: [Node],
  fields: (t) => ({
    event: t.field({
      type: Event,
      description: "The event that the action belongs to.",
      resolve: async ({ eventId }, _args, context) => {
        const event = await loadEvent(context, eventId);
        if (!event) throw new Error(`event ${eventId} is gone`);
        return event;
      },
    }),
    key: t.exposeString("key", {
      nullable: true,
      description: "Identifies the action, here and for the target; unique within the event.",
    }),
    url: t.exposeString("url", {
      description: "The URL to call, or to open if the action is external, as it was given.",
    }),
    buttonText: t.exposeString("buttonText", {
      description: "The button's label; 1 to 48 characters.",
    }),
    external: t.exposeBoolean("external", {
      description:
        "Whether the action only opens its URL in a browser tab. The hub then makes no call.",
    }),
    meta: t.field({
      type: "JSON",
      nullable: true,
      description: "Null, a string or an object; sent unchanged with each press.",
      resolve: ({ meta }) => rawJson(meta),
    }),
    expireIn: t.exposeInt("expireIn", {
      description: "Minutes from the event's due time to `expiresAt`; 1 to 43,200.",
    }),
    expiresAt: t.expose("expiresAt", {
      type: "DateTime",
      description: "The action cannot be pressed from this time on. The database's clock decides.",
    }),
    repeat: t.exposeBoolean("repeat", {
      description: "Whether the action may be pressed again after it is COMPLETE.",
    }),
    style: t.expose("style", { type: ActionStyleEnum, description: "How to display the button." }),
    status: t.expose("status", {
      type: ActionStatusEnum,
      description: "The current state. Subscriptions do not report expiry.",
    }),
    completedAt: t.expose("completedAt", {
      type: "DateTime",
      nullable: true,
      description: "When a press last succeeded; null if none has.",
    }),
    lastError: t.exposeString("lastError", {
      nullable: true,
      description:
        "Why the last press failed: the first 1,000 characters of the target's answer, `Http status was N` if that was empty, or the reason why there was no answer. Null after a success.",
    }),
  }),
});

builder.objectField(Event, "actions", (t) =>
  t.field({
    type: [Action],
    description: "The event's buttons, in the order given; at most 20.",
    resolve: async ({ id }, _args, context) => {
      const { caller, read } = context;
      const loader = batched(context, "actions of event", async (ids) =>
        Map.groupBy(
          await read((sql) => actionsOfEvents(sql, caller.projectId, ids)),
          ({ eventId }) => eventId,
        ),
      );
      return (await loader.load(id)) ?? [];
    },
  }),
);

builder.queryField("action", (t) =>
  t.field({
    type: Action,
    nullable: true,
    description: "The action with this id; null if the project has none.",
    args: { id: t.arg.id({ required: true, description: "The action's id." }) },
    resolve: (_root, { id }, context) => loadAction(context, id),
  }),
);
