import type { Pool, Tx } from "../connection/client.ts";
import { databaseNow } from "../event/schedules.ts";
import { dateOf, minUuid7At, timeOfId } from "../page/minUuid7.ts";
import { ofGone, removeEventDependents } from "./eventDependents.ts";
import { withShortLock } from "./maintenanceSession.ts";
import {
  attachPartition,
  createPartition,
  type Partition,
  type PartitionedTable,
  partitionedTables,
  partitionsOf,
} from "./partitions.ts";
import { throttled } from "./throttle.ts";

const DAY_MS = 86_400_000;
/** Pages that one statement reads: 2 MiB. */
const PAGES = 256;

/** Whether an event must be kept: it has not ended, blocks a key, or was accepted or due after `since`. */
const isRetained = (event: string, since: Date) =>
  `(${event}.status not in ('PROCESSED', 'FAILED', 'CANCELLED') or ${event}.received_at >= '${since.toISOString()}'
    or (${event}.status <> 'CANCELLED' and ${event}.scheduled_for >= '${since.toISOString()}')
    or exists (select from signalbox.blocked_keys b
      where b.project_id = ${event}.project_id and b.event_id = ${event}.id))`;

/** A swap on one table: old partitions become one new partition with the rows to keep. */
type Swap = {
  parent: PartitionedTable;
  old: Partition[];
  made: Partition;
  /** The SQL condition that keeps a row named `r`. */
  keep: string;
  /** The trigger function that records changed keys. */
  note: string;
};

const named = ({ name }: Partition) => `signalbox.${name}`;

/** Copies the rows to keep. Triggers record the keys that change meanwhile. */
async function copy(session: Pool, { parent, old, made, keep, note }: Swap): Promise<boolean> {
  const begun = await withShortLock(session, parent, async (tx) => {
    await tx.unsafe(
      "create unlogged table if not exists signalbox.partition_moves (key uuid not null)",
    );
    await createPartition(tx, parent, made.name);
    // With this constraint, attaching the partition does not scan it.
    await tx.unsafe(
      `alter table ${named(made)} add constraint partition_bound check (${parent.key} < '${made.to}')`,
    );
    if (tx.isDistributed) return;
    for (const partition of old)
      await tx.unsafe(`create trigger partition_moves after insert or update or delete on ${named(partition)}
        for each row execute function signalbox.${note}()`);
  });
  if (!begun) return false;
  // Citus has no triggers, so catchUp copies under the lock. Few rows of old partitions are kept.
  if (session.isDistributed) return true;
  for (const partition of old) await copyRows(session, named(partition), named(made), keep);
  await session.unsafe(`analyze ${named(made)}`);
  return true;
}

/**
 * Copies some pages at a time. A row that is updated meanwhile moves: it may be met twice, or not at all if it moves to
 * a page added since the start. Such rows are recorded, and copied again by catchUp.
 */
async function copyRows(session: Pool, from: string, to: string, keep: string): Promise<void> {
  const [size] = await session<{ pages: number }[]>`
    select (pg_relation_size(${from}::regclass) / current_setting('block_size')::int)::int as pages`;
  for (let page = 0; page < (size?.pages ?? 0); page += PAGES)
    await throttled(() =>
      session.unsafe(
        `insert into ${to} select r.* from ${from} r
          where r.ctid >= '(${page},0)' and r.ctid < '(${page + PAGES},0)' and ${keep}
          on conflict do nothing`,
      ),
    );
}

/**
 * Copies again the rows that changed during the copy. A row once kept is always kept, so that no dependent loses its
 * parent.
 */
async function catchUp(tx: Tx, { parent: { key }, old, made, keep }: Swap): Promise<void> {
  if (tx.isDistributed) {
    for (const partition of old)
      await tx.unsafe(
        `insert into ${named(made)} select r.* from ${named(partition)} r where ${keep}`,
      );
    return;
  }
  const copied = await tx.unsafe(
    `delete from ${named(made)} where ${key} in (select key from signalbox.partition_moves) returning ${key}::text as key`,
  );
  for (const partition of old)
    await tx.unsafe(
      `insert into ${named(made)} select r.* from ${named(partition)} r
        where r.${key} in (select key from signalbox.partition_moves) and (${keep} or r.${key} = any($1::uuid[]))`,
      [[...new Set(copied.map((row) => row.key))]],
    );
}

/** Drops a partition. The caller has locked the table. */
async function drop(tx: Tx, { table }: PartitionedTable, partition: Partition): Promise<void> {
  await tx.unsafe(`alter table signalbox.${table} detach partition ${named(partition)}`);
  await tx.unsafe(`drop table ${named(partition)}`);
}

/** Locks the parent only, so that an autovacuum of a partition is not waited for. */
const lockWhole = (tx: Tx, { table }: PartitionedTable) =>
  tx.unsafe(`lock table only signalbox.${table} in access exclusive mode`);

/** Replaces the originals with the copy, in one short transaction that locks the table. */
const replace = (session: Pool, swap: Swap, before?: (tx: Tx) => Promise<void>) =>
  withShortLock(session, swap.parent, async (tx) => {
    const { parent, old, made } = swap;
    await lockWhole(tx, parent);
    await catchUp(tx, swap);
    await before?.(tx);
    for (const partition of old) await drop(tx, parent, partition);
    await attachPartition(tx, parent, made);
    await tx.unsafe(`alter table ${named(made)} drop constraint partition_bound`);
  });

/** Removes leftovers of swaps, including interrupted ones. */
async function clear(session: Pool): Promise<boolean> {
  for (const parent of [
    partitionedTables.events,
    partitionedTables.deliveries,
    partitionedTables.attempts,
  ]) {
    const left = await session<{ name: string; isNoted: boolean }[]>`
      select c.relname as name, t.oid is not null as "isNoted" from pg_class c
      left join pg_trigger t on t.tgrelid = c.oid and t.tgname = 'partition_moves'
      where c.relnamespace = 'signalbox'::regnamespace and c.relkind = 'r' and starts_with(c.relname, ${`${parent.table}_`})
        and (t.oid is not null or (starts_with(c.relname, ${`${parent.table}_until_`}) and not c.relispartition))`;
    if (left.length === 0) continue;
    const done = await withShortLock(session, parent, async (tx) => {
      for (const { name, isNoted } of left)
        await tx.unsafe(
          isNoted
            ? `drop trigger partition_moves on signalbox.${name}`
            : `drop table signalbox.${name}`,
        );
    });
    if (!done) return false;
  }
  // Dropped last: a trigger fails without this table.
  await session`drop table if exists signalbox.partition_moves`;
  return true;
}

/** The swap for the partitions that end by `until`; undefined if there is none. */
async function planSwap(
  session: Pool,
  parent: PartitionedTable,
  until: number,
  rules: Pick<Swap, "keep" | "note">,
): Promise<Swap | undefined> {
  const partitions = await partitionsOf(session, parent);
  const old = partitions.filter(({ to }) => timeOfId(to) <= until);
  const to = old.at(-1)?.to;
  // A lone old partition is the first one. Unless it is the initial one (`_first`), it holds only rows that were kept
  // before: its ended rows are deleted one by one (removeOldEvents).
  if (!to || (old.length < 2 && old[0]?.name !== `${parent.table}_first`)) return undefined;
  return {
    parent,
    old,
    made: { name: `${parent.table}_until_${dateOf(timeOfId(to))}`, from: null, to },
    ...rules,
  };
}

/**
 * Deletes attempts of dropped deliveries that lie in younger partitions: those deliveries were created long after their
 * event.
 */
async function removeLateAttempts(session: Pool, gone: { projectId: string; id: string }[]) {
  for (let at = 0; at < gone.length; at += 1_000) {
    const some = Map.groupBy(gone.slice(at, at + 1_000), ({ projectId }) => projectId);
    for (const [projectId, deliveries] of some)
      await throttled(
        () => session`
          delete from signalbox.earlier_attempts
          where project_id = ${projectId} and delivery_id = any(${deliveries.map(({ id }) => id)}::uuid[])`,
      );
  }
}

/** The latest end that partitions of events and of deliveries share, not after `before`: they are dropped together. */
async function commonEnd(session: Pool, before: Date): Promise<number> {
  const endsOf = async (parent: PartitionedTable) =>
    (await partitionsOf(session, parent)).map(({ to }) => timeOfId(to));
  const ends = new Set(await endsOf(partitionedTables.deliveries));
  const common = (await endsOf(partitionedTables.events)).filter(
    (end) => end <= before.getTime() && ends.has(end),
  );
  return Math.max(0, ...common);
}

/** Drops partitions of events with their dependents. The rows to keep become the first partition. */
async function dropEvents(session: Pool, since: Date): Promise<boolean> {
  const until = await commonEnd(session, since);
  const events = await planSwap(session, partitionedTables.events, until, {
    keep: isRetained("r", since),
    note: "note_event_move",
  });
  const deliveries = await planSwap(session, partitionedTables.deliveries, until, {
    // A scalar subquery, not `exists`: it is evaluated per row by key. A join would read all events for a few pages.
    keep: `(select ${isRetained("e", since)} from signalbox.events e
      where e.project_id = r.project_id and e.id = r.event_id)`,
    note: "note_delivery_move",
  });
  if (events && !(await copy(session, events))) return false;
  if (deliveries) {
    if (!(await copy(session, deliveries))) return false;
    const late: { projectId: string; id: string }[] = [];
    const listLate = async (tx: Tx) => {
      for (const partition of deliveries.old)
        late.push(
          ...(await tx.unsafe<{ projectId: string; id: string }[]>(
            `select d.project_id as "projectId", d.id from signalbox.projects p
              join ${named(partition)} d on d.project_id = p.id and d.id >= $1
              where not exists (select from ${named(deliveries.made)} n
                where n.project_id = d.project_id and n.event_id = d.event_id and n.id = d.id)`,
            [deliveries.made.to],
          )),
        );
    };
    if (!(await replace(session, deliveries, listLate))) return false;
    await removeLateAttempts(session, late);
  }
  if (!events) return true;
  await removeEventDependents(session, ofGone(events.made.to, isRetained("e", since)));
  if (!(await replace(session, events))) return false;
  await removeEventDependents(session, ofGone(events.made.to, "true"));
  return true;
}

/** Drops partitions of attempts. Keeps attempts whose delivery or press still exists. */
async function dropAttempts(session: Pool, since: Date): Promise<boolean> {
  const [{ to }] = await partitionsOf(session, partitionedTables.deliveries);
  const until = Math.min(since.getTime(), timeOfId(to));
  const attempts = await planSwap(session, partitionedTables.attempts, until, {
    keep: `(r.project_id, r.delivery_id) in (
      select d.project_id, d.id from signalbox.projects p
        join signalbox.deliveries d on d.project_id = p.id and d.id < '${minUuid7At(until)}'
      union all
      select b.project_id, b.id from signalbox.projects p
        join signalbox.presses b on b.project_id = p.id and b.id < '${minUuid7At(until)}')`,
    note: "note_attempt_move",
  });
  if (!attempts) return true;
  return (await copy(session, attempts)) && (await replace(session, attempts));
}

/** Drops feed partitions that are entirely older. Cursors before the remaining records have expired (moveHorizon). */
async function dropFeed(session: Pool, since: Date): Promise<boolean> {
  const parent = partitionedTables.feed;
  for (const partition of await partitionsOf(session, parent)) {
    if (parent.timeOf(partition.to) > since.getTime()) return true;
    const done = await withShortLock(session, parent, async (tx) => {
      await tx.unsafe(`
        update signalbox.heads h set horizon = greatest(h.horizon, x.last)
        from (select project_id, max(last) as last from ${named(partition)} group by project_id) x
        where h.project_id = x.project_id`);
      await lockWhole(tx, parent);
      await drop(tx, parent, partition);
    });
    if (!done) return false;
  }
  return true;
}

/**
 * Drops partitions that are entirely older than `days`. Before that, the rows to keep (events that have not ended, with
 * their dependents) are copied to a first partition. Returns false if a table stayed locked by others for too long.
 */
export async function dropPartitions(session: Pool, days: number): Promise<boolean> {
  const since = new Date((await databaseNow(session)).getTime() - days * DAY_MS);
  const done = [
    await dropFeed(session, since),
    (await clear(session)) && (await dropEvents(session, since)),
    (await clear(session)) && (await dropAttempts(session, since)),
    await clear(session),
  ];
  return done.every(Boolean);
}
