import type { Pool, Sql, Tx } from "../connection/client.ts";
import { writeToFeed } from "../feed/record.ts";
import { inQueue, projectsWith, waitingQueues } from "../nodes/across.ts";
import { addJobs, deliverJobs, type HookQueue } from "../queue/jobs.ts";
import { advanceJobs } from "../workflow/workflowRuns.ts";
import type { Claim } from "./claim.ts";
import { leaveOrder } from "./order.ts";
import { completeEvents, type MovedDelivery, recordMoves, runsOf } from "./record.ts";

/** Claims reclaimed per transaction. */
const CHUNK = 1_000;
const DIED = "unknown: the process that made this attempt died";

/**
 * Lost claims: expired ones and those of dead workers. `quarantineAfter`: crashes in flight after which a delivery is
 * QUARANTINED.
 */
type Lost = { deadWorkers: string[]; quarantineAfter: number };

const isLost = (sql: Sql, deadWorkers: string[]) => sql`q.lease_token is not null
  and (q.lease_until <= clock_timestamp() or q.lease_worker = any(${deadWorkers}::uuid[]))`;

/**
 * Releases claims with an expired lease or a dead worker. The attempt is recorded as UNKNOWN and does not count as a
 * retry. The delivery is due again: at once, then after 10 s and more. The third time it is QUARANTINED, because it may
 * have caused the crashes. The hooks' rows are share-locked, so that a pause or deletion being committed is waited for
 * and seen.
 */
const giveUpClaims = (tx: Tx, projectId: string, { deadWorkers, quarantineAfter }: Lost) => tx<
  MovedDelivery[]
>`
  with lost as materialized (
    select q.id, q.attempt_count as number,
      case when q.unknown_count + 1 >= ${quarantineAfter} then 'QUARANTINED'
        when h.status = 'ACTIVE' then 'RETRYING'
        when h.status = 'DELETED' then 'CANCELLED' else 'PARKED' end as final
    from signalbox.queue q join signalbox.hooks h on h.project_id = q.project_id and h.id = q.hook_id
    where q.project_id = ${projectId} and ${isLost(tx, deadWorkers)}
    limit ${CHUNK} for update of q skip locked for share of h
  ), recorded as (
    insert into signalbox.earlier_attempts (project_id, delivery_id, number, started_at, elapsed_ms, outcome, error,
      request_headers)
    select ${projectId}, id, number, now(), 0, 'UNKNOWN', ${DIED}, '{}' from lost on conflict do nothing
  ), waiting as (
    update signalbox.queue q set lease_worker = null, lease_token = null, lease_until = null,
      unknown_count = q.unknown_count + 1, max_attempts = q.max_attempts + 1, last_error = ${DIED}, status = lost.final,
      due_at = statement_timestamp() + case when lost.final = 'RETRYING' then q.unknown_count * interval '10 seconds' end
    from lost where q.project_id = ${projectId} and q.id = lost.id and lost.final in ('RETRYING', 'PARKED')
    returning q.id, q.event_id, q.hook_id, q.run_id, q.status
  ), gone as (
    delete from signalbox.queue q using lost
    where q.project_id = ${projectId} and q.id = lost.id and lost.final in ('QUARANTINED', 'CANCELLED')
    returning q.*, lost.final
  ), ended as (
    insert into signalbox.ended_deliveries as d (project_id, id, event_id, hook_id, format, status, attempt_count,
      max_attempts, unknown_count, completed_at, last_error, replay_of, replay_number, run_id, step_position, created_at,
      order_key, order_seq)
    select project_id, id, event_id, hook_id, format, final, attempt_count, max_attempts + 1, unknown_count + 1,
      clock_timestamp(), ${DIED}, replay_of, replay_number, run_id, step_position, created_at, order_key, order_seq
    from gone returning d.id, d.event_id, d.hook_id, d.run_id, d.status
  )
  select id, event_id as "eventId", hook_id as "hookId", run_id as "runId", status from waiting
  union all select id, event_id, hook_id, run_id, status from ended`;

/** Reclaims lost claims and wakes their hooks' queues. Returns their number. */
export async function recoverClaims(sql: Pool, lost: Lost): Promise<number> {
  const projects = await sql<{ projectId: string }[]>`
    select distinct q.project_id as "projectId" from signalbox.queue q where ${isLost(sql, lost.deadWorkers)}`;
  let recovered = 0;
  for (const { projectId } of projects) recovered += await recoverProject(sql, projectId, lost);
  return recovered;
}

async function recoverProject(sql: Pool, projectId: string, lost: Lost): Promise<number> {
  const recovered = await recoverChunk(sql, projectId, lost);
  return recovered < CHUNK ? recovered : recovered + (await recoverProject(sql, projectId, lost));
}

const recoverChunk = (sql: Pool, projectId: string, lost: Lost): Promise<number> =>
  sql.begin(async (tx) => {
    const moved = await giveUpClaims(tx, projectId, lost);
    if (moved.length === 0) return 0;
    const ended = moved.filter(({ status }) => status === "QUARANTINED" || status === "CANCELLED");
    const hookIds = new Set(moved.map(({ hookId }) => hookId));
    const queues = [...hookIds].map((hookId) => ({ projectId, hookId }));
    await writeToFeed(
      tx,
      projectId,
      [addJobs(tx, [...deliverJobs(queues), ...advanceJobs(runsOf(projectId, ended))])],
      [
        recordMoves(tx, projectId, moved),
        ...(ended.length > 0
          ? [completeEvents(tx, projectId, ended), leaveOrder(tx, projectId, ended)]
          : []),
      ],
    );
    return moved.length;
  });

/**
 * Releases the claims under a token whose commit was never confirmed: the connection broke. Nothing was sent, so no
 * attempt counts. If the server is still running the claiming statement, this waits for it if it finds its rows.
 */
export const returnClaims = (
  sql: Pool,
  { projectId, hookIds, token }: { projectId: string; hookIds: string[]; token: string },
) => sql`
  update signalbox.queue set attempt_count = attempt_count - 1, lease_worker = null, lease_token = null,
    lease_until = null
  where project_id = ${projectId} and hook_id = any(${hookIds}::uuid[]) and lease_token = ${token}`;

/**
 * Releases a claim, fenced by its token, and delays the delivery: the hub itself could not make the call. No attempt
 * counts.
 */
export const handBack = (
  sql: Pool,
  { projectId, deliveryId, token }: Pick<Claim, "projectId" | "deliveryId" | "token">,
  waitMs: number,
) => sql`
  update signalbox.queue set attempt_count = attempt_count - 1, lease_worker = null, lease_token = null,
    lease_until = null, due_at = statement_timestamp() + ${waitMs} * interval '1 millisecond'
  where project_id = ${projectId} and id = ${deliveryId} and lease_token = ${token}`;

/**
 * Expired claims at the heads of the queues, where claims are: they take what was due first. Reading a whole queue
 * would also read what waits for a paused hook. `recoverClaims` finds those further behind.
 */
export const claimsLostAtHeads = (sql: Sql) => sql`
  with ${waitingQueues(sql)}
  select 1 from waiting join signalbox.hooks h on h.project_id = waiting.project_id and h.id = waiting.hook_id
  cross join lateral (
    select q.lease_until from signalbox.queue q where ${inQueue(sql)} and q.due_at <= now()
    order by q.due_at limit 2 * h.max_in_flight + 64) head
  where head.lease_until <= clock_timestamp()`;

/** The queues of active hooks with an unclaimed delivery that has been due for this long. */
export const overdueQueues = (sql: Sql, overdueMs: number) => sql<HookQueue[]>`
  with ${waitingQueues(sql)}
  select waiting.project_id as "projectId", waiting.hook_id as "hookId" from waiting
  join signalbox.hooks h on h.project_id = waiting.project_id and h.id = waiting.hook_id and h.status = 'ACTIVE'
  cross join lateral (
    select 1 from signalbox.queue q
    where ${inQueue(sql)} and q.due_at <= now() - ${overdueMs} * interval '1 millisecond'
      and q.lease_token is null
    order by q.due_at limit 1) overdue`;

/**
 * Events accepted this long ago that were never matched: their process died, or they wait in its queue. Scheduled
 * events are found when they are due (schedules.ts). At most 1,000 per project, so that one with very many does not
 * delay the others.
 */
export const overdueEvents = (sql: Sql, overdueMs: number) => sql<
  { projectId: string; id: string }[]
>`
  with ${projectsWith(sql, sql`config_version is null and scheduled_for is null`)}
  select overdue.project_id as "projectId", overdue.id from project, lateral (
    select e.project_id, e.id from signalbox.events e
    where e.project_id = project.project_id and e.config_version is null and e.scheduled_for is null
      and e.status = 'STAGED' and e.received_at <= now() - ${overdueMs} * interval '1 millisecond'
    order by e.received_at limit 1000) overdue`;

/** The age in seconds of the oldest unclaimed due delivery; 0 if none is due. */
export async function oldestDueSeconds(sql: Sql): Promise<number> {
  const [row] = await sql<{ age: number }[]>`
    with ${waitingQueues(sql)}
    select coalesce(extract(epoch from now() - min(first.due_at)), 0)::float8 as age
    from waiting cross join lateral (
      select q.due_at from signalbox.queue q
      where ${inQueue(sql)} and q.due_at <= now() and q.lease_token is null
      order by q.due_at limit 1) first`;
  return Math.max(0, row?.age ?? 0);
}
