import type { Sql, Tx } from "./client.ts";

export type ChangeKind = "EVENT" | "DELIVERY" | "HOOK" | "REPLAY" | "RESOURCE" | "ACTION" | "RUN";

/** One row of the feed. `state` holds the entity's moving fields as they were at this change. */
export type Change = {
  position: number;
  projectId: string;
  kind: ChangeKind;
  entityId: string;
  eventId: string | null;
  hookId: string | null;
  created: boolean;
  state: Record<string, unknown>;
  at: Date;
};

/** The channel of every "look again"; its payload is always empty (NOTIFY fails at 8,000 bytes). */
export const WAKE_CHANNEL = "signalbox";

/** Tells every listener, at commit, that there is something to look at. */
export const wakeFeed = (tx: Tx) => tx`select pg_notify(${WAKE_CHANNEL}, '')`;

/** Config versions by project: what a write was planned under. */
export type PlannedVersions = Map<string, number>;

/**
 * Takes the feed lock, refuses (isStaleConfig) a write that was planned under another configuration, and wakes the
 * listeners: in one statement. Changes of hooks take the same lock before they move waiting deliveries, so that
 * neither can miss the other's.
 */
const enterFeed = (tx: Tx, planned: PlannedVersions) => tx`
  select signalbox.enter_feed(${[...planned.keys()]}::uuid[], ${[...planned.values()]}::bigint[])`;

/** The same as the database refuses it (SB001), for a call whose plan is known to be outdated before it is written. */
export class StaleConfig extends Error {
  override name = "StaleConfig" as const;
  readonly code = "SB001";
}

/** Whether a write was refused because a project's configuration has changed since it was planned: plan it again. */
export const isStaleConfig = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "SB001";

/**
 * The end of a transaction that changes what the feed shows: `before`, then `under` the feed lock, and the commit. All
 * are sent at once and run in this order, so that the lock is held while PostgreSQL works and never while this process
 * does something else. Queries of postgres.js start when they are awaited: nothing here may be awaited before.
 */
export async function writeToFeed(
  tx: Tx,
  before: PromiseLike<unknown>[],
  under: PromiseLike<unknown>[],
  planned: PlannedVersions = new Map(),
): Promise<void> {
  await Promise.all([...before, enterFeed(tx, planned), ...under, tx.commit()]);
}

const columns = (
  sql: Sql,
) => sql`position, project_id as "projectId", kind, entity_id as "entityId",
  event_id as "eventId", hook_id as "hookId", created, state, at`;

const parsed = (rows: Change[]) => rows.map((row) => ({ ...row, position: Number(row.position) }));

/** The changes of every project after a position, oldest first: what a process's one tail reads. */
export const changesAfter = async (sql: Sql, position: number, limit: number) =>
  parsed(
    await sql<Change[]>`
    select ${columns(sql)} from signalbox.changes
    where position > ${position} order by position limit ${limit}`,
  );

/** The changes of one project after a position, oldest first: what a subscription that lags reads. */
export const projectChangesAfter = async (
  sql: Sql,
  projectId: string,
  position: number,
  limit: number,
) =>
  parsed(
    await sql<Change[]>`
    select ${columns(sql)} from signalbox.changes
    where project_id = ${projectId} and position > ${position} order by position limit ${limit}`,
  );

/** The newest position, and the newest one that retention has removed (0 when none): cursors lie between. */
export async function feedBounds(sql: Sql): Promise<{ head: number; horizon: number }> {
  const [row] = await sql<{ head: string; horizon: string }[]>`
    select greatest(h.horizon, coalesce((select max(position) from signalbox.changes), 0)) as head, h.horizon
    from (select coalesce((select value::bigint from signalbox.settings where name = 'feed_horizon'), 0)
      as horizon) h`;
  return { head: Number(row?.head ?? 0), horizon: Number(row?.horizon ?? 0) };
}
