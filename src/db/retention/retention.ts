import type { Pool } from "../connection/client.ts";
import { lastPositionBefore } from "../feed/changes.ts";
import { idBetween } from "../page/idRange.ts";
import { ofEvents, removeEventDependents } from "./eventDependents.ts";
import { partitionedTables, partitionsOf } from "./partitions.ts";
import { throttled } from "./throttle.ts";

/** Rows deleted per statement: a long DELETE would delay deliveries. */
const CHUNK = 500;
const EVENTS_AT_ONCE = 200;

/** Repeats a bounded deletion until it deletes less than its limit. */
async function inChunks(remove: () => PromiseLike<{ count: number }>): Promise<void> {
  while ((await throttled(remove)).count >= CHUNK);
}

/**
 * Idempotency keys are kept for 24 hours, and the `uid` of an event for as many `days` and as long as the event: one
 * that has not ended is kept longer.
 */
export async function removeOldKeys(sql: Pool, days: number): Promise<void> {
  const outdated = [
    sql`ascii(scope) < 2 and created_at < now() - interval '24 hours'`,
    sql`ascii(scope) > 1 and created_at < now() - ${days} * interval '1 day' and not exists (
      select from signalbox.events e where e.project_id = k.project_id and e.id = k.event_id)`,
  ];
  for (const isOutdated of outdated)
    await inChunks(
      () => sql`delete from signalbox.idempotency_keys where (project_id, scope, key) in (
        select project_id, scope, key from signalbox.idempotency_keys k where ${isOutdated} limit ${CHUNK})`,
    );
}

/**
 * Moves each feed's horizon to its last record older than `days`, so that an older cursor gets CURSOR_EXPIRED and never
 * a silent gap. The records themselves are dropped with their partition.
 */
export async function moveHorizons(sql: Pool, days: number): Promise<void> {
  const feeds = await sql<{ projectId: string; head: string; horizon: string }[]>`
    select project_id as "projectId", head, horizon from signalbox.heads where head > horizon`;
  for (const { projectId, head, horizon } of feeds)
    await throttled(() => moveHorizon(sql, days, projectId, Number(horizon), Number(head)));
}

async function moveHorizon(
  sql: Pool,
  days: number,
  projectId: string,
  before: number,
  head: number,
): Promise<void> {
  const horizon = await lastPositionBefore(
    sql,
    projectId,
    { horizon: before, head },
    sql`now() - ${days} * interval '1 day'`,
  );
  if (horizon > before)
    await sql`update signalbox.heads set horizon = greatest(horizon, ${horizon}) where project_id = ${projectId}`;
}

/**
 * Ended events of the first partition that were accepted and due more than `days` days ago, without those whose lost
 * delivery blocks a key. They are found by their
 * ids, which begin with the time (UUIDv7): `received_at` has no index. One day is left for clock skew.
 */
const oldEvents = (sql: Pool, days: number, before: string) => sql<
  { projectId: string; id: string }[]
>`
  select e.project_id as "projectId", e.id from signalbox.heads p cross join lateral (
    select project_id, id from signalbox.events
    where project_id = p.project_id and id < ${before} and received_at < now() - ${days} * interval '1 day'
      and id < rpad(lpad(to_hex((extract(epoch from now() - ${days - 1} * interval '1 day') * 1000)::bigint), 12, '0'),
        32, '0')::uuid
      and status in ('PROCESSED', 'FAILED', 'CANCELLED')
      and not exists (select from signalbox.blocked_keys b where b.project_id = p.project_id and b.event_id = events.id)
      and (status = 'CANCELLED' or scheduled_for is null or scheduled_for < now() - ${days} * interval '1 day')
    order by id limit ${EVENTS_AT_ONCE}
  ) e limit ${EVENTS_AT_ONCE}`;

/**
 * Deletes ended events older than `days` from the first partition, with their actions, presses, deliveries, attempts
 * and runs. The other partitions are dropped whole (dropPartitions.ts).
 */
export async function removeOldEvents(sql: Pool, days: number): Promise<void> {
  const [{ to }] = await partitionsOf(sql, partitionedTables.events);
  let old: Awaited<ReturnType<typeof oldEvents>>;
  do {
    old = await throttled(() => oldEvents(sql, days, to));
    if (old.length === 0) return;
    for (const [projectId, events] of Map.groupBy(old, (event) => event.projectId))
      await removeEvents(
        sql,
        projectId,
        events.map(({ id }) => id),
      );
  } while (old.length === EVENTS_AT_ONCE);
}

async function removeEvents(sql: Pool, projectId: string, ids: string[]): Promise<void> {
  // Deleted before their events, in chunks: one event may have thousands. They are deleted by their places in the table:
  // joined by their keys, all deliveries of the event would be read for each of them.
  await inChunks(
    () => sql`
      with gone as (
        delete from signalbox.ended_deliveries o using (
          select d.tableoid as place, d.ctid as row from unnest(${ids}::uuid[]) as x(id)
          join signalbox.ended_deliveries d on d.project_id = ${projectId} and d.event_id = x.id limit ${CHUNK}) d
        where o.project_id = ${projectId} and o.tableoid = d.place and o.ctid = d.row
          and ${idBetween(sql, sql`o.event_id`, ids)}
        returning o.id
      ), tried as (
        delete from signalbox.earlier_attempts a using gone
        where a.project_id = ${projectId} and a.delivery_id = gone.id
      )
      select id from gone`,
  );
  await removeEventDependents(sql, ofEvents(projectId, ids));
  await throttled(
    () =>
      sql`delete from signalbox.events where project_id = ${projectId} and id = any(${ids}::uuid[])`,
  );
}

/** Deletes replays that ended more than `days` days ago. */
export const removeOldReplays = (sql: Pool, days: number) =>
  inChunks(
    () => sql`delete from signalbox.replays where (project_id, id) in (
      select project_id, id from signalbox.replays where finished_at < now() - ${days} * interval '1 day' limit ${CHUNK})`,
  );
