import { wakeFeed } from "./changes.ts";
import type { Claim } from "./claims.ts";
import type { Pool, Sql, Tx } from "./client.ts";
import {
  completeEvents,
  type MovedDelivery,
  movedColumns,
  recordMoves,
  runsOf,
} from "./deliveryChanges.ts";
import { addJobs, deliverJobs, type Lane } from "./jobs.ts";
import { lockFeed, lockLanes } from "./locks.ts";
import { advanceJobs } from "./workflowRuns.ts";

/** Claims taken back in one transaction at most. */
const CHUNK = 1_000;
/**
 * Deaths in flight after which a delivery is left for a person to decide. Nobody knows which of many took a process
 * down, so those that were there twice are tried alone (worker/solitude.ts): the third death has one cause.
 */
const QUARANTINE_AFTER = 3;

/**
 * Gives up claims that ran out, or that the given dead workers held. The attempt is recorded as UNKNOWN and does
 * not count against the tries; the delivery is due again: at once, then after 10 s and more; the third time it is
 * QUARANTINED, because it may be what took the processes down. The hooks' rows are share-locked, so that a pause or
 * a deletion that is being committed is waited for and seen.
 */
const giveUpClaims = (tx: Tx, deadWorkers: string[]) => tx<MovedDelivery[]>`
  with lost as (
    select d.project_id, d.id, d.attempt_count as number,
      case when d.unknown_count + 1 >= ${QUARANTINE_AFTER} then 'QUARANTINED'
        when h.status = 'ACTIVE' then 'RETRYING'
        when h.status = 'DELETED' then 'CANCELLED' else 'PARKED' end as final
    from signalbox.deliveries d
    join signalbox.hooks h on h.project_id = d.project_id and h.id = d.hook_id
    where d.lease_token is not null
      and (d.lease_until <= clock_timestamp() or d.lease_worker = any(${deadWorkers}::uuid[]))
    limit ${CHUNK} for update of d skip locked for share of h
  ), recorded as (
    insert into signalbox.attempts (project_id, delivery_id, number, started_at, elapsed_ms, outcome, error,
      request_headers)
    select project_id, id, number, now(), 0, 'UNKNOWN', 'unknown: the process that made this attempt died', '{}'
    from lost on conflict do nothing
  )
  update signalbox.deliveries d set lease_worker = null, lease_token = null, lease_until = null,
    unknown_count = d.unknown_count + 1, max_attempts = d.max_attempts + 1,
    last_error = 'unknown: the process that made this attempt died',
    status = lost.final,
    due_at = case lost.final when 'RETRYING' then clock_timestamp() + d.unknown_count * interval '10 seconds' end,
    completed_at = case when lost.final in ('QUARANTINED', 'CANCELLED') then clock_timestamp() end
  from lost where d.project_id = lost.project_id and d.id = lost.id
  returning ${movedColumns(tx)}`;

const lanesOf = (moved: MovedDelivery[]): Lane[] => [
  ...new Map(moved.map(({ projectId, hookId }) => [hookId, { projectId, hookId }])).values(),
];

/** Takes lost claims back and wakes their lanes. Gives back how many there were. */
export async function recoverClaims(sql: Pool, deadWorkers: string[]): Promise<number> {
  const recovered = await recoverChunk(sql, deadWorkers);
  return recovered < CHUNK ? recovered : recovered + (await recoverClaims(sql, deadWorkers));
}

const recoverChunk = (sql: Pool, deadWorkers: string[]): Promise<number> =>
  sql.begin(async (tx) => {
    const moved = await giveUpClaims(tx, deadWorkers);
    if (moved.length === 0) return 0;
    const ended = moved.filter(({ status }) => status === "QUARANTINED" || status === "CANCELLED");
    await Promise.all([
      addJobs(tx, [...deliverJobs(lanesOf(moved)), ...advanceJobs(runsOf(ended))]),
      lockFeed(tx),
      recordMoves(tx, moved),
      ...(ended.length > 0 ? [completeEvents(tx, ended)] : []),
      wakeFeed(tx),
      tx.commit(),
    ]);
    return moved.length;
  });

/**
 * Gives back the claims of a worker in these lanes that it does not hold: their connection broke at the commit.
 * Nothing was sent for them, so they count as no tries.
 */
export const returnClaims = (
  sql: Pool,
  workerId: string,
  lanes: Lane[],
  held: string[],
): Promise<void> =>
  sql.begin(async (tx) => {
    // Waits for the claim itself, should the server still be at it.
    await lockLanes(
      tx,
      lanes.map(({ hookId }) => hookId),
    );
    await tx`
      update signalbox.deliveries d set attempt_count = d.attempt_count - 1, lease_worker = null, lease_token = null,
        lease_until = null
      from unnest(${lanes.map(({ projectId }) => projectId)}::uuid[], ${lanes.map(({ hookId }) => hookId)}::uuid[])
        as x(project_id, hook_id)
      where d.project_id = x.project_id and d.hook_id = x.hook_id and d.lease_token is not null
        and d.lease_worker = ${workerId} and d.lease_token <> all(${held}::uuid[])`;
  });

/**
 * Gives a claim back, fenced by its token, and has the delivery wait for a moment: the hub itself could not make the
 * call. It counts as no try.
 */
export const handBack = (
  sql: Pool,
  { projectId, deliveryId, token }: Pick<Claim, "projectId" | "deliveryId" | "token">,
  waitMs: number,
) => sql`
  update signalbox.deliveries set attempt_count = attempt_count - 1, lease_worker = null, lease_token = null,
    lease_until = null, due_at = clock_timestamp() + ${waitMs} * interval '1 millisecond'
  where project_id = ${projectId} and id = ${deliveryId} and lease_token = ${token}`;

/**
 * Every lane that has anything waiting, as the CTE `lane`. A loose index scan: one probe a lane, however long its
 * queue is.
 */
const waitingLanes = (sql: Sql) => sql`
  recursive lane as (
    (select project_id, hook_id from signalbox.deliveries where status in ('PENDING', 'RETRYING')
      order by project_id, hook_id limit 1)
    union all
    select n.project_id, n.hook_id from lane, lateral (
      select project_id, hook_id from signalbox.deliveries d
      where d.status in ('PENDING', 'RETRYING') and (d.project_id, d.hook_id) > (lane.project_id, lane.hook_id)
      order by d.project_id, d.hook_id limit 1) n
  )`;

/** The lanes of active hooks with a delivery that has been due for so long and is not claimed. */
export const overdueLanes = (sql: Sql, overdueMs: number) => sql<Lane[]>`
  with ${waitingLanes(sql)}
  select lane.project_id as "projectId", lane.hook_id as "hookId" from lane
  join signalbox.hooks h on h.project_id = lane.project_id and h.id = lane.hook_id and h.status = 'ACTIVE'
  where exists (
    select from signalbox.deliveries d
    where d.project_id = lane.project_id and d.hook_id = lane.hook_id and d.status in ('PENDING', 'RETRYING')
      and d.due_at <= now() - ${overdueMs} * interval '1 millisecond' and d.lease_token is null)`;

/**
 * Events accepted so long ago that were never matched: their `dispatch` job is lost or stuck. Those that were
 * scheduled are looked for when they are due (schedules.ts). At most 200 of each project, so that one with very many
 * does not keep the others waiting.
 */
export const overdueEvents = (sql: Sql, overdueMs: number) => sql<
  { projectId: string; id: string }[]
>`
  with recursive project as (
    (select project_id from signalbox.events where config_version is null and scheduled_for is null
      order by project_id limit 1)
    union all
    select n.project_id from project, lateral (
      select e.project_id from signalbox.events e
      where e.config_version is null and e.scheduled_for is null and e.project_id > project.project_id
      order by e.project_id limit 1) n
  )
  select overdue.project_id as "projectId", overdue.id from project, lateral (
    select e.project_id, e.id from signalbox.events e
    where e.project_id = project.project_id and e.config_version is null and e.scheduled_for is null
      and e.status = 'STAGED' and e.received_at <= now() - ${overdueMs} * interval '1 millisecond'
    order by e.received_at limit 200) overdue`;

/** How many seconds the oldest due delivery of any lane has waited; 0 when nothing waits. */
export async function oldestDueSeconds(sql: Sql): Promise<number> {
  const [row] = await sql<{ age: number }[]>`
    with ${waitingLanes(sql)}
    select coalesce(extract(epoch from now() - min(first.due_at)), 0)::float8 as age
    from lane cross join lateral (
      select d.due_at from signalbox.deliveries d
      where d.project_id = lane.project_id and d.hook_id = lane.hook_id and d.status in ('PENDING', 'RETRYING')
        and d.due_at <= now() and d.lease_token is null
      order by d.due_at limit 1) first`;
  return Math.max(0, row?.age ?? 0);
}
