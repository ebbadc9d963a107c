import {
  type ActionRow,
  type ActionStatus,
  type ActionStyle,
  actionsById,
  actionsOfEvents,
} from "../../db/action/actions.ts";
import { rawJson } from "../../util/rawJson.ts";
import { builder, Node } from "../builder/builder.ts";
import { describedEnum } from "../builder/describedEnum.ts";
import { Event, loadEvent } from "../event/event.ts";
import { batched, rowLoader } from "../page/loaders.ts";

const ActionStatusEnum = describedEnum("ActionStatus", "Where an action stands.", {
  PENDING: "It can be pressed; after a press that failed, too (`lastError`).",
  RUNNING: "A press is under way; another is refused until it ends.",
  COMPLETE: "Its target answered 200 or 201; final, unless `repeat`.",
  EXPIRED: "Its time was over before it was done.",
} satisfies Record<ActionStatus, string>);

export const ActionStyleEnum = describedEnum("ActionStyle", "How a button is to look.", {
  DEFAULT: "Like any other.",
  IMPORTANT: "It stands out.",
  DANGER: "It warns.",
} satisfies Record<ActionStyle, string>);

/** An action of the caller's project. */
export const loadAction = rowLoader<ActionRow>("action", actionsById);

export const Action = builder.objectRef<ActionRow>("Action");
Action.implement({
  description:
    "A button on an event: pressing it calls its url once, or opens it when it is external.",
  interfaces: [Node],
  fields: (t) => ({
    event: t.field({
      type: Event,
      description: "The event it stands on.",
      resolve: async ({ eventId }, _args, context) => {
        const event = await loadEvent(context, eventId);
        if (!event) throw new Error(`event ${eventId} is gone`);
        return event;
      },
    }),
    key: t.exposeString("key", {
      nullable: true,
      description: "Tells the event's actions apart, here and for the target; unique in the event.",
    }),
    url: t.exposeString("url", { description: "What is called, or opened, as it was given." }),
    buttonText: t.exposeString("buttonText", {
      description: "The text of the button; 1 to 48 characters.",
    }),
    external: t.exposeBoolean("external", {
      description: "Whether it only opens its url in a tab; the hub then calls nothing.",
    }),
    meta: t.field({
      type: "JSON",
      nullable: true,
      description: "Null, a string or an object: sent along, as it came, when it is pressed.",
      resolve: ({ meta }) => rawJson(meta),
    }),
    expireIn: t.exposeInt("expireIn", {
      description: "Minutes from when the event is due to `expiresAt`; 1 to 43,200.",
    }),
    expiresAt: t.expose("expiresAt", {
      type: "DateTime",
      description: "From then on it cannot be pressed, by the database's clock.",
    }),
    repeat: t.exposeBoolean("repeat", {
      description: "Whether it may be pressed again when it is complete.",
    }),
    style: t.expose("style", { type: ActionStyleEnum, description: "How it is to look." }),
    status: t.expose("status", {
      type: ActionStatusEnum,
      description: "Where it stands. That it expires is no change that a subscription shows.",
    }),
    completedAt: t.expose("completedAt", {
      type: "DateTime",
      nullable: true,
      description: "When a press last succeeded.",
    }),
    lastError: t.exposeString("lastError", {
      nullable: true,
      description:
        "What went wrong at the last press: the first 1,000 characters of the target's answer, `Http status was N` for an empty one, or why there was none; null after a success.",
    }),
  }),
});

builder.objectField(Event, "actions", (t) =>
  t.field({
    type: [Action],
    description: "Its buttons, in the order they were given; at most 20.",
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
    description: "An action by its id; null when the project has none such.",
    args: { id: t.arg.id({ required: true, description: "The action's id." }) },
    resolve: (_root, { id }, context) => loadAction(context, id),
  }),
);
