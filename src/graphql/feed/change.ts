/** Common parts of all subscriptions to the feed. */
import type { FieldMap } from "@pothos/core";
import type { Change, ChangeKind } from "../../db/feed/changes.ts";
import type { Rows } from "../../live/entities.ts";
import { CursorExpired, cursorOf, positionOf } from "../../live/feed.ts";
import { asNode, builder } from "../builder/builder.ts";
import type { Context } from "../builder/context.ts";
import { requestError } from "../gate/requestError.ts";

const typeNames: Record<ChangeKind, string> = {
  EVENT: "Event",
  DELIVERY: "Delivery",
  HOOK: "Hook",
  REPLAY: "Replay",
  RUN: "WorkflowRun",
  RESOURCE: "Resource",
  ACTION: "Action",
};

/** The argument `after` of all subscriptions. */
export const afterArgument = {
  description:
    "The last cursor received; the stream continues after it without a gap. If absent, the stream starts now. A cursor older than the retained changes ends the stream with CURSOR_EXPIRED.",
};

/**
 * Subscribes to the changes of one kind in the caller's project that `wants` accepts. Throws CURSOR_EXPIRED if the feed
 * cannot continue from the cursor.
 */
export const subscribe = <Kind extends ChangeKind>(
  context: Context,
  cursor: string | null | undefined,
  kind: Kind,
  wants: (change: Change) => boolean,
) =>
  subscribeToAll(
    context,
    cursor,
    (change) => change.kind === kind && wants(change),
  ) as AsyncIterableIterator<ChangeOf<Kind>>;

/** Like `subscribe`, to changes of all kinds. */
export function subscribeToAll(
  { caller, hub }: Context,
  cursor: string | null | undefined,
  wants: (change: Change) => boolean = () => true,
) {
  const expired = (error: unknown) => {
    throw error instanceof CursorExpired ? requestError("CURSOR_EXPIRED", error.message) : error;
  };
  try {
    const position = cursor == null ? {} : { after: positionOf(cursor) };
    const release = hub.subscriptions.take(caller.projectId);
    const changes = hub.feed.follow({ projectId: caller.projectId, wants, ...position });
    return {
      async next() {
        const step = await changes.next().catch((error) => {
          release();
          return expired(error);
        });
        if (step.done) release();
        await hub.turns.take(caller.projectId);
        return step;
      },
      return() {
        release();
        return changes.return();
      },
      throw(error: unknown) {
        release();
        return changes.throw(error);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  } catch (error) {
    return expired(error);
  }
}

/** Loads the entity of a change, as it was at that change. */
export async function entityOf<Kind extends ChangeKind>(
  context: Context,
  change: Change & { kind: Kind },
) {
  const row = await context.hub.entities.of(change);
  if (!row)
    throw requestError("CURSOR_EXPIRED", "the object of this change has been removed by retention");
  return asNode(typeNames[change.kind], row);
}

/** The field `cursor` of all items. */
export const cursorField = { description: "Pass it as `after` to continue after this item." };

/** A change of this kind of entity. */
type ChangeOf<Kind extends ChangeKind> = Change & { kind: Kind };

type ChangeFields<Kind extends ChangeKind> = PothosSchemaTypes.ObjectFieldBuilder<
  typeof builder.$inferSchemaTypes,
  ChangeOf<Kind>
>;

/** Declares the item type of a subscription: the cursor, and the entity as it was at the change. */
export const changeType = <Kind extends ChangeKind>(
  name: string,
  description: string,
  entity: (t: ChangeFields<Kind>) => FieldMap,
) =>
  builder.objectRef<ChangeOf<Kind>>(name).implement({
    description,
    fields: (t) => ({
      cursor: t.string({ ...cursorField, resolve: cursorOf }),
      ...entity(t),
    }),
  });

/** Resolves the entity field of such an item. */
export const resolveEntity = <Kind extends ChangeKind>(
  change: ChangeOf<Kind>,
  _args: object,
  context: Context,
): Promise<Rows[Kind]> => entityOf(context, change);

/** Whether a filter is absent or equals the value. */
export const matchesFilter = (wanted: string | null | undefined, value: unknown) =>
  wanted == null || wanted === value;
