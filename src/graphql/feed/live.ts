import { type Change, feedBounds } from "../../db/feed/changes.ts";
import { patternAccepts } from "../../domain/hook/hookMatch.ts";
import { cursorOf } from "../../live/feed.ts";
import { builder, Node } from "../builder/builder.ts";
import { Delivery, DeliveryStatusEnum } from "../delivery/delivery.ts";
import { Replay } from "../delivery/replay.ts";
import { Event } from "../event/event.ts";
import { Hook } from "../hook/hook.ts";
import {
  after,
  type ChangeOf,
  changeType,
  cursorField,
  entityOf,
  isKind,
  matchesFilter,
  resolveEntity,
  subscribe,
} from "./change.ts";

const EventChange = changeType<"EVENT">(
  "EventChange",
  "An event, as it was at one of its changes.",
  (t) => ({
    event: t.field({
      type: Event,
      description: "The event as it was then.",
      resolve: resolveEntity,
    }),
  }),
);

const DeliveryChange = changeType<"DELIVERY">(
  "DeliveryChange",
  "A delivery, as it was at one of its changes.",
  (t) => ({
    delivery: t.field({
      type: Delivery,
      description: "The delivery as it was then, with the attempts it had made.",
      resolve: resolveEntity,
    }),
  }),
);

const HookChange = changeType<"HOOK">("HookChange", "A hook at one of its changes.", (t) => ({
  hook: t.field({
    type: Hook,
    description: "The hook, with its state of then.",
    resolve: resolveEntity,
  }),
}));

const ReplayChange = changeType<"REPLAY">(
  "ReplayChange",
  "A replay, as it was at one of its steps.",
  (t) => ({
    replay: t.field({
      type: Replay,
      description: "The replay, as far as it had come then.",
      resolve: resolveEntity,
    }),
  }),
);

const Activity = builder.objectRef<Change>("Activity").implement({
  description: "Anything that changed in the project.",
  fields: (t) => ({
    cursor: t.string({ ...cursorField, resolve: cursorOf }),
    at: t.expose("at", { type: "DateTime", description: "When it changed." }),
    node: t.field({
      type: Node,
      description: "What changed, as it was then.",
      resolve: (change, _args, context) => entityOf(context, change),
    }),
  }),
});

const isEvent = isKind("EVENT");
const isDelivery = isKind("DELIVERY");
const isHook = isKind("HOOK");
const isReplay = isKind("REPLAY");

const among = (wanted: readonly string[] | null | undefined, value: unknown) =>
  wanted == null || (typeof value === "string" && wanted.includes(value));
/** Types are named as hooks name them: exactly, by prefix, or all; SYSTEM events by their exact name alone. */
const ofTypes = (
  wanted: readonly string[] | null | undefined,
  { state: { type, origin } }: Change,
) =>
  wanted == null
    ? origin !== "SYSTEM"
    : wanted.some((pattern) =>
        patternAccepts(pattern, { type: String(type), origin: String(origin) }),
      );
const typesArg = {
  description:
    "Of these types only: exact names, `*`, or prefixes such as `ticket.*`. Events of origin SYSTEM show only where " +
    "their type is named exactly.",
};

builder.queryField("feedCursor", (t) =>
  t.string({
    description:
      "The feed's end at this moment. What is read after it, and a subscription with it as `after`, miss nothing between them.",
    resolve: async (_root, _args, { hub, caller: { projectId }, read }) => {
      const { head } = await read((sql) => feedBounds(sql, projectId));
      hub.noteSeen(projectId, head);
      return cursorOf({ position: head });
    },
  }),
);

builder.subscriptionFields((t) => ({
  eventEmitted: t.field({
    type: EventChange,
    description: "Each event once, when it is accepted (one of the SQL door: when it is matched).",
    args: {
      types: t.arg.stringList(typesArg),
      contextId: t.arg.string({ description: "Of this context only." }),
      after: t.arg.string(after),
    },
    subscribe: (_root, args, context) =>
      subscribe(
        context,
        args.after,
        (change) =>
          isEvent(change) &&
          change.created &&
          matchesFilter(args.contextId, change.state.contextId) &&
          ofTypes(args.types, change),
      ),
    resolve: (change) => change as ChangeOf<"EVENT">,
  }),
  eventUpdated: t.field({
    type: EventChange,
    description: "Every state of events, their first included.",
    args: {
      id: t.arg.id({ description: "Of this event only, whatever its origin." }),
      types: t.arg.stringList(typesArg),
      after: t.arg.string(after),
    },
    subscribe: (_root, args, context) =>
      subscribe(
        context,
        args.after,
        (change) =>
          isEvent(change) &&
          matchesFilter(args.id, change.entityId) &&
          ((args.id != null && args.types == null) || ofTypes(args.types, change)),
      ),
    resolve: (change) => change as ChangeOf<"EVENT">,
  }),
  deliveryUpdated: t.field({
    type: DeliveryChange,
    description: "Every state of deliveries, their first included.",
    args: {
      eventId: t.arg.id({ description: "Of this event only." }),
      hookId: t.arg.id({ description: "Of this hook only." }),
      status: t.arg({
        type: [DeliveryStatusEnum],
        description: "Only when it comes to one of these states; at most 100.",
      }),
      after: t.arg.string(after),
    },
    subscribe: (_root, args, context) =>
      subscribe(
        context,
        args.after,
        (change) =>
          isDelivery(change) &&
          matchesFilter(args.eventId, change.eventId) &&
          matchesFilter(args.hookId, change.hookId) &&
          among(args.status, change.state.status),
      ),
    resolve: (change) => change as ChangeOf<"DELIVERY">,
  }),
  hookUpdated: t.field({
    type: HookChange,
    description: "Every change of hooks, their registration included; not their counters.",
    args: { id: t.arg.id({ description: "Of this hook only." }), after: t.arg.string(after) },
    subscribe: (_root, args, context) =>
      subscribe(
        context,
        args.after,
        (change) => isHook(change) && matchesFilter(args.id, change.entityId),
      ),
    resolve: (change) => change as ChangeOf<"HOOK">,
  }),
  replayUpdated: t.field({
    type: ReplayChange,
    description: "Every step of a replay, its beginning and its end included.",
    args: {
      id: t.arg.id({ required: true, description: "Of this replay." }),
      after: t.arg.string(after),
    },
    subscribe: (_root, args, context) =>
      subscribe(context, args.after, (change) => isReplay(change) && change.entityId === args.id),
    resolve: (change) => change as ChangeOf<"REPLAY">,
  }),
  activity: t.field({
    type: Activity,
    description: "Everything of the project in one ordered stream.",
    args: { after: t.arg.string(after) },
    subscribe: (_root, args, context) => subscribe(context, args.after, () => true),
    resolve: (change) => change,
  }),
}));
