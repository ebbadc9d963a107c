import type { Change, ChangeKind } from "../db/changes.ts";
import type { DeliveryRow } from "../db/deliveries.ts";
import type { EventRow } from "../db/events.ts";
import type { HookRow } from "../db/hooks.ts";
import type { ReplayRow } from "../db/replays.ts";
import { typeMatches } from "../domain/hookMatch.ts";
import { CursorExpired, cursorOf, positionOf } from "../live/feed.ts";
import { asNode, builder, Node } from "./builder.ts";
import { type Context, forgetLoaded } from "./context.ts";
import { Delivery, DeliveryStatusEnum } from "./delivery.ts";
import { Event } from "./event.ts";
import { Hook } from "./hook.ts";
import { Replay } from "./replay.ts";
import { requestError } from "./requestError.ts";

const typeNames: Record<ChangeKind, string> = {
  EVENT: "Event",
  DELIVERY: "Delivery",
  HOOK: "Hook",
  REPLAY: "Replay",
};

const after = {
  description: "The last cursor seen, to continue with no gap; from now on when absent.",
};

/** Follows the caller's project; a cursor that cannot be continued ends the stream with CURSOR_EXPIRED. */
function follow(
  { caller, hub }: Context,
  cursor: string | null | undefined,
  wants: (change: Change) => boolean,
) {
  const expired = (error: unknown) => {
    throw error instanceof CursorExpired ? requestError("CURSOR_EXPIRED", error.message) : error;
  };
  try {
    const position = cursor == null ? {} : { after: positionOf(cursor) };
    const changes = hub.feed.follow({ projectId: caller.projectId, wants, ...position });
    return {
      next: () => changes.next().catch(expired),
      return: () => changes.return(),
      throw: (error: unknown) => changes.throw(error),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  } catch (error) {
    return expired(error);
  }
}

/** The entity of a change, as it was then. Loaders start anew: a subscription keeps one context for all items. */
async function entityOf<Kind extends ChangeKind>(
  context: Context,
  change: Change & { kind: Kind },
) {
  forgetLoaded(context);
  const row = await context.hub.entities.of(change);
  if (!row)
    throw requestError(
      "CURSOR_EXPIRED",
      "what this change was about has been removed by retention",
    );
  return asNode(typeNames[change.kind], row);
}

const cursorField = { description: "Comes back as `after` to continue behind this item." };

type EventChangeShape = Change & { kind: "EVENT" };
const EventChange = builder.objectRef<EventChangeShape>("EventChange").implement({
  description: "An event, as it was at one of its changes.",
  fields: (t) => ({
    cursor: t.string({ ...cursorField, resolve: cursorOf }),
    event: t.field({
      type: Event,
      description: "The event as it was then.",
      resolve: (change, _args, context): Promise<EventRow> => entityOf(context, change),
    }),
  }),
});

type DeliveryChangeShape = Change & { kind: "DELIVERY" };
const DeliveryChange = builder.objectRef<DeliveryChangeShape>("DeliveryChange").implement({
  description: "A delivery, as it was at one of its changes.",
  fields: (t) => ({
    cursor: t.string({ ...cursorField, resolve: cursorOf }),
    delivery: t.field({
      type: Delivery,
      description: "The delivery as it was then, with the attempts it had made.",
      resolve: (change, _args, context): Promise<DeliveryRow> => entityOf(context, change),
    }),
  }),
});

type HookChangeShape = Change & { kind: "HOOK" };
const HookChange = builder.objectRef<HookChangeShape>("HookChange").implement({
  description: "A hook at one of its changes.",
  fields: (t) => ({
    cursor: t.string({ ...cursorField, resolve: cursorOf }),
    hook: t.field({
      type: Hook,
      description: "The hook, with its state of then.",
      resolve: (change, _args, context): Promise<HookRow> => entityOf(context, change),
    }),
  }),
});

type ReplayChangeShape = Change & { kind: "REPLAY" };
const ReplayChange = builder.objectRef<ReplayChangeShape>("ReplayChange").implement({
  description: "A replay, as it was at one of its steps.",
  fields: (t) => ({
    cursor: t.string({ ...cursorField, resolve: cursorOf }),
    replay: t.field({
      type: Replay,
      description: "The replay, as far as it had come then.",
      resolve: (change, _args, context): Promise<ReplayRow> => entityOf(context, change),
    }),
  }),
});

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

const isKind =
  <Kind extends ChangeKind>(kind: Kind) =>
  (change: Change): change is Change & { kind: Kind } =>
    change.kind === kind;
const isEvent = isKind("EVENT");
const isDelivery = isKind("DELIVERY");
const isHook = isKind("HOOK");
const isReplay = isKind("REPLAY");

/** Whether a filter was not given, or is met. */
const meets = (wanted: string | null | undefined, value: unknown) =>
  wanted == null || wanted === value;
const among = (wanted: readonly string[] | null | undefined, value: unknown) =>
  wanted == null || (typeof value === "string" && wanted.includes(value));
/** Types are named as hooks name them: exactly, by prefix, or all. */
const ofTypes = (wanted: readonly string[] | null | undefined, type: unknown) =>
  wanted == null ||
  (typeof type === "string" && wanted.some((pattern) => typeMatches(pattern, type)));

builder.subscriptionFields((t) => ({
  eventEmitted: t.field({
    type: EventChange,
    description: "Each event once, when it is accepted (one of the SQL door: when it is matched).",
    args: {
      types: t.arg.stringList({
        description: "Of these types only: exact names, `*`, or prefixes such as `ticket.*`.",
      }),
      contextId: t.arg.string({ description: "Of this context only." }),
      after: t.arg.string(after),
    },
    subscribe: (_root, args, context) =>
      follow(
        context,
        args.after,
        (change) =>
          isEvent(change) &&
          change.created &&
          ofTypes(args.types, change.state.type) &&
          meets(args.contextId, change.state.contextId),
      ),
    resolve: (change) => change as EventChangeShape,
  }),
  eventUpdated: t.field({
    type: EventChange,
    description: "Every state of events, their first included.",
    args: {
      id: t.arg.id({ description: "Of this event only." }),
      types: t.arg.stringList({
        description: "Of these types only: exact names, `*`, or prefixes such as `ticket.*`.",
      }),
      after: t.arg.string(after),
    },
    subscribe: (_root, args, context) =>
      follow(
        context,
        args.after,
        (change) =>
          isEvent(change) &&
          meets(args.id, change.entityId) &&
          ofTypes(args.types, change.state.type),
      ),
    resolve: (change) => change as EventChangeShape,
  }),
  deliveryUpdated: t.field({
    type: DeliveryChange,
    description: "Every state of deliveries, their first included.",
    args: {
      eventId: t.arg.id({ description: "Of this event only." }),
      hookId: t.arg.id({ description: "Of this hook only." }),
      status: t.arg({
        type: [DeliveryStatusEnum],
        description: "Only when it comes to one of these states.",
      }),
      after: t.arg.string(after),
    },
    subscribe: (_root, args, context) =>
      follow(
        context,
        args.after,
        (change) =>
          isDelivery(change) &&
          meets(args.eventId, change.eventId) &&
          meets(args.hookId, change.hookId) &&
          among(args.status, change.state.status),
      ),
    resolve: (change) => change as DeliveryChangeShape,
  }),
  hookUpdated: t.field({
    type: HookChange,
    description: "Every change of hooks, their registration included; not their counters.",
    args: { id: t.arg.id({ description: "Of this hook only." }), after: t.arg.string(after) },
    subscribe: (_root, args, context) =>
      follow(context, args.after, (change) => isHook(change) && meets(args.id, change.entityId)),
    resolve: (change) => change as HookChangeShape,
  }),
  replayUpdated: t.field({
    type: ReplayChange,
    description: "Every step of a replay, its beginning and its end included.",
    args: {
      id: t.arg.id({ required: true, description: "Of this replay." }),
      after: t.arg.string(after),
    },
    subscribe: (_root, args, context) =>
      follow(context, args.after, (change) => isReplay(change) && change.entityId === args.id),
    resolve: (change) => change as ReplayChangeShape,
  }),
  activity: t.field({
    type: Activity,
    description: "Everything of the project in one ordered stream.",
    args: { after: t.arg.string(after) },
    subscribe: (_root, args, context) => follow(context, args.after, () => true),
    resolve: (change) => change,
  }),
}));
