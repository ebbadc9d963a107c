import { type Change, feedBounds } from "../../db/feed/changes.ts";
import { typesAccept } from "../../domain/hook/hookMatch.ts";
import { cursorOf } from "../../live/feed.ts";
import { builder, Node } from "../builder/builder.ts";
import { Delivery, DeliveryStatusEnum } from "../delivery/delivery.ts";
import { Replay } from "../delivery/replay.ts";
import { Event } from "../event/event.ts";
import { Hook } from "../hook/hook.ts";
import {
  afterArgument,
  changeType,
  cursorField,
  entityOf,
  matchesFilter,
  resolveEntity,
  subscribe,
  subscribeToAll,
} from "./change.ts";

const EventChange = changeType<"EVENT">("EventChange", "A change of an event.", (t) => ({
  event: t.field({
    type: Event,
    description: "The event as it was at this change.",
    resolve: resolveEntity,
  }),
}));

const DeliveryChange = changeType<"DELIVERY">("DeliveryChange", "A change of a delivery.", (t) => ({
  delivery: t.field({
    type: Delivery,
    description: "The delivery as it was at this change, with the attempts made until then.",
    resolve: resolveEntity,
  }),
}));

const HookChange = changeType<"HOOK">("HookChange", "A change of a hook.", (t) => ({
  hook: t.field({
    type: Hook,
    description: "The hook. Its status is as it was at this change.",
    resolve: resolveEntity,
  }),
}));

const ReplayChange = changeType<"REPLAY">("ReplayChange", "A change of a replay.", (t) => ({
  replay: t.field({
    type: Replay,
    description: "The replay with its progress at this change.",
    resolve: resolveEntity,
  }),
}));

const Activity = builder.objectRef<Change>("Activity").implement({
  description: "Any change in the project.",
  fields: (t) => ({
    cursor: t.string({ ...cursorField, resolve: cursorOf }),
    at: t.expose("at", { type: "DateTime", description: "When the change happened." }),
    node: t.field({
      type: Node,
      description: "The changed object as it was at this change.",
      resolve: (change, _args, context) => entityOf(context, change),
    }),
  }),
});

const matchesAny = (wanted: readonly string[] | null | undefined, value: unknown) =>
  wanted == null || (typeof value === "string" && wanted.includes(value));
const matchesTypes = (
  wanted: readonly string[] | null | undefined,
  { state: { type, origin } }: Change,
) => typesAccept(wanted, { type: String(type), origin: String(origin) });
const typesArg = {
  description:
    "Only with one of these types: exact names, `*`, or prefixes such as `ticket.*`. Events of origin SYSTEM match exact names only, except for those about hooks (`hook.failing` and so on).",
};

builder.queryField("feedCursor", (t) =>
  t.string({
    description:
      "The cursor of the latest change. Read this first and the data next; a subscription with this cursor as `after` then misses no change.",
    resolve: async (_root, _args, { hub, caller: { projectId }, read }) => {
      const { head } = await read((sql) => feedBounds(sql, projectId));
      hub.noteSeen(projectId, head);
      return cursorOf({ position: head });
    },
  }),
);

/** Whether an event is due with this change: on acceptance, or later if it was scheduled. */
const isDueWith = ({ created, state: { status, wasScheduled } }: Change) =>
  created ? !neverDueWith.includes(String(status)) : wasScheduled === true;
/** FAILED at once: emitted by SQL, and not what its type's schema takes. */
const neverDueWith = ["SCHEDULED", "CANCELLED", "FAILED"];

builder.subscriptionFields((t) => ({
  eventEmitted: t.field({
    type: EventChange,
    description:
      "Each event once, when it is accepted. An event emitted by SQL appears when it is matched.",
    args: {
      types: t.arg.stringList(typesArg),
      contextId: t.arg.string({ description: "Only with this context id." }),
      whenDue: t.arg.boolean({
        defaultValue: false,
        description:
          "Whether a scheduled event appears when it is due, as its hooks receive it, and one that no hook receives (cancelled, or not what its type's schema takes) never.",
      }),
      after: t.arg.string(afterArgument),
    },
    subscribe: (_root, args, context) =>
      subscribe(
        context,
        args.after,
        "EVENT",
        (change) =>
          (args.whenDue ? isDueWith(change) : change.created) &&
          matchesFilter(args.contextId, change.state.contextId) &&
          matchesTypes(args.types, change),
      ),
    resolve: (change) => change,
  }),
  eventUpdated: t.field({
    type: EventChange,
    description: "Every change of an event's status, including its creation.",
    args: {
      id: t.arg.id({ description: "Only for this event, of any origin." }),
      types: t.arg.stringList(typesArg),
      after: t.arg.string(afterArgument),
    },
    subscribe: (_root, args, context) =>
      subscribe(
        context,
        args.after,
        "EVENT",
        (change) =>
          matchesFilter(args.id, change.entityId) &&
          ((args.id != null && args.types == null) || matchesTypes(args.types, change)),
      ),
    resolve: (change) => change,
  }),
  deliveryUpdated: t.field({
    type: DeliveryChange,
    description: "Every change of a delivery's status, including its creation.",
    args: {
      eventId: t.arg.id({ description: "Only for this event." }),
      hookId: t.arg.id({ description: "Only for this hook." }),
      status: t.arg({
        type: [DeliveryStatusEnum],
        description: "Only changes to one of these statuses; at most 100.",
      }),
      after: t.arg.string(afterArgument),
    },
    subscribe: (_root, args, context) =>
      subscribe(
        context,
        args.after,
        "DELIVERY",
        (change) =>
          matchesFilter(args.eventId, change.eventId) &&
          matchesFilter(args.hookId, change.hookId) &&
          matchesAny(args.status, change.state.status),
      ),
    resolve: (change) => change,
  }),
  hookUpdated: t.field({
    type: HookChange,
    description:
      "Every change of a hook, including its registration; changes of counters are not reported.",
    args: {
      id: t.arg.id({ description: "Only for this hook." }),
      after: t.arg.string(afterArgument),
    },
    subscribe: (_root, args, context) =>
      subscribe(context, args.after, "HOOK", (change) => matchesFilter(args.id, change.entityId)),
    resolve: (change) => change,
  }),
  replayUpdated: t.field({
    type: ReplayChange,
    description: "Every step of a replay, including its start and end.",
    args: {
      id: t.arg.id({ required: true, description: "The replay's id." }),
      after: t.arg.string(afterArgument),
    },
    subscribe: (_root, args, context) =>
      subscribe(context, args.after, "REPLAY", (change) => change.entityId === args.id),
    resolve: (change) => change,
  }),
  activity: t.field({
    type: Activity,
    description: "All changes of the project in one ordered stream.",
    args: { after: t.arg.string(afterArgument) },
    subscribe: (_root, args, context) => subscribeToAll(context, args.after),
    resolve: (change) => change,
  }),
}));
