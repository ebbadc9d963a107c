import { expireActions, recordActionsOf } from "../action/actions.ts";
import type { Pool, Tx } from "../connection/client.ts";
import { unblockEvents } from "../delivery/blockedKeys.ts";
import { advanceKeys, leaveOrder } from "../delivery/order.ts";
import {
  completeEvents,
  type MovedDelivery,
  movedColumns,
  recordMoves,
} from "../delivery/record.ts";
import { enterFeed, publish } from "../feed/record.ts";
import { addJobs, deliverJobs, type Expunging } from "../queue/jobs.ts";
import { recordRuns } from "../workflow/workflowRuns.ts";
import { eventItem } from "./accept.ts";
import { type EventHead, eventHeadColumns } from "./events.ts";
import { ERASED_FINGERPRINT } from "./idempotencyKeys.ts";
import { leavePlaces } from "./orderGates.ts";

/** The events named by `which`. */
export const matches = (sql: Pool | Tx, which: Expunging) =>
  "eventId" in which
    ? sql`e.project_id = ${which.projectId} and e.id = ${which.eventId}`
    : sql`e.project_id = ${which.projectId} and e.user_id = ${which.userId}
      and e.received_at <= ${which.until}::text::timestamptz`;

/** The database's clock, with microseconds. */
export async function clockNow(sql: Pool): Promise<string> {
  const [row] = await sql<{ now: string }[]>`select clock_timestamp()::text as now`;
  if (!row) throw new Error("the database did not tell the time");
  return row.now;
}

/** How many of the events have their content. */
export async function countUnerased(sql: Pool, which: Expunging): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from signalbox.events e
    where ${matches(sql, which)} and e.expunged_at is null`;
  return row?.count ?? 0;
}

/** Up to `limit` of the events that have their content, oldest first. */
const unerased = (tx: Tx, which: Expunging, limit: number) => tx<{ id: string }[]>`
  select e.id from signalbox.events e
  where ${matches(tx, which)} and e.expunged_at is null order by e.id limit ${limit}`;

/** System events that quote the events, and have their content. */
const unerasedQuotes = (tx: Tx, which: Expunging, limit: number) => tx<{ id: string }[]>`
  select s.id from signalbox.events e
  join signalbox.events s on s.project_id = ${which.projectId} and s.cause_id = e.id and s.expunged_at is null
  where ${matches(tx, which)} limit ${limit}`;

/** The next events to erase: the events themselves, then the system events that quote them. */
export async function nextToErase(tx: Tx, which: Expunging, limit: number): Promise<string[]> {
  const own = await unerased(tx, which, limit);
  const next = own.length > 0 ? own : await unerasedQuotes(tx, which, limit);
  return next.map(({ id }) => id);
}

/**
 * Cancels what waits to be sent of events: deliveries that are not in flight, and have an order or none. Those with an
 * order are locked only after the head.
 */
async function cancelWaiting(
  tx: Tx,
  projectId: string,
  ids: string[],
  { ordered }: { ordered: boolean },
): Promise<MovedDelivery[]> {
  const waiting = await tx<MovedDelivery[]>`
    select ${movedColumns(tx)} from signalbox.queue d
    where d.project_id = ${projectId} and d.event_id = any(${ids}::uuid[]) and d.lease_token is null
      and (d.order_seq is not null) = ${ordered}
    order by d.id for update`;
  if (waiting.length > 0)
    await tx`select signalbox.end_deliveries(${projectId}, ${waiting.map(({ id }) => id)}::uuid[], 'CANCELLED',
      clock_timestamp())`;
  return waiting.map((one) => ({ ...one, status: "CANCELLED" }));
}

/**
 * Locks what others lock before the head: the hooks of the events' deliveries, so that nobody retries one, moves it with
 * its hook or frees its key meanwhile, and the events that somebody may be matching.
 */
async function lockAround(tx: Tx, projectId: string, ids: string[]): Promise<void> {
  await tx`
    select from signalbox.hooks h where h.project_id = ${projectId} and h.id = any(array(
      select distinct d.hook_id from signalbox.deliveries d
      where d.project_id = ${projectId} and d.event_id = any(${ids}::uuid[])))
    order by h.id for no key update`;
  await tx`
    select from signalbox.events e where e.project_id = ${projectId} and e.id = any(${ids}::uuid[])
      and e.status in ('STAGED', 'SCHEDULED')
    order by e.id for update`;
}

/** Wakes the queues of hooks. */
async function wakeHooks(tx: Tx, projectId: string, of: { hookId: string }[]): Promise<void> {
  const queues = [...new Set(of.map(({ hookId }) => hookId))].map((hookId) => ({
    projectId,
    hookId,
  }));
  if (queues.length > 0) await addJobs(tx, deliverJobs(queues));
}

/** Erased events block no key, and nothing waits until they are matched. */
async function forgetOrder(tx: Tx, projectId: string, ids: string[]): Promise<void> {
  await leavePlaces(tx, projectId, ids);
  const freed = await unblockEvents(tx, projectId, ids);
  if (freed.length > 0) await advanceKeys(tx, projectId, freed);
  await wakeHooks(tx, projectId, freed);
}

/** Ends the open runs of events, and their running steps, as FAILED. */
const failRuns = (tx: Tx, projectId: string, ids: string[]) => tx<{ id: string }[]>`
  with failed as (
    update signalbox.workflow_runs r set status = 'FAILED', moved_at = now(),
      started_at = least(started_at, statement_timestamp()), stopped_at = statement_timestamp()
    where r.project_id = ${projectId} and r.event_id = any(${ids}::uuid[]) and r.status in ('QUEUED', 'RUNNING')
    returning r.id
  ), ended as (
    update signalbox.step_runs s set status = 'FAILED', stopped_at = statement_timestamp()
    from failed f where s.project_id = ${projectId} and s.run_id = f.id and s.status = 'RUNNING'
  )
  select id from failed`;

/** Erases events of which nothing is being sent; the caller has locked the project's head, so that stays so. */
const eraseIdle = (tx: Tx, projectId: string, ids: string[], by: string) => tx<EventHead[]>`
  update signalbox.events e set data = null, content = null, content_type = 'TEXT', name = type, avatar = null,
    category = null, tags = null, changed = null, error = null, due_at = null,
    status = case when status in ('SCHEDULED', 'STAGED') then 'CANCELLED' else status end,
    expunged_at = statement_timestamp(), expunged_by = ${by}
  where e.project_id = ${projectId} and e.id = any(${ids}::uuid[]) and e.expunged_at is null
    and not exists (select from signalbox.queue q where q.project_id = ${projectId} and q.event_id = e.id)
    and not exists (select from signalbox.presses p join signalbox.actions a on a.project_id = p.project_id
      and a.id = p.action_id and p.status = 'PENDING' where a.project_id = ${projectId} and a.event_id = e.id)
    and not (e.status in ('SCHEDULED', 'STAGED') and exists (select from signalbox.ended_deliveries d
      where d.project_id = ${projectId} and d.event_id = e.id))
  returning ${eventHeadColumns(tx)}`;

/**
 * Cancels what waits of these events and erases those of which nothing is in flight. An erased event has no content any
 * more and can't be sent again. Returns the erased ones; what belongs to them is erased by `eraseDependents`. Ends the
 * transaction.
 */
export async function eraseEvents(
  tx: Tx,
  { projectId, ids, by }: { projectId: string; ids: string[]; by: string },
): Promise<string[]> {
  await lockAround(tx, projectId, ids);
  const unordered = await cancelWaiting(tx, projectId, ids, { ordered: false });
  const runs = await failRuns(tx, projectId, ids);
  await enterFeed(tx, projectId);
  const ordered = await cancelWaiting(tx, projectId, ids, { ordered: true });
  const cancelled = [...unordered, ...ordered];
  if (ordered.length > 0) await leaveOrder(tx, projectId, ordered);
  await wakeHooks(tx, projectId, ordered);
  if (cancelled.length > 0) await recordMoves(tx, projectId, cancelled);
  if (runs.length > 0) await recordRuns(tx, projectId, runs);
  if (cancelled.length + runs.length > 0)
    await completeEvents(
      tx,
      projectId,
      ids.map((eventId) => ({ eventId })),
    );
  const erased = await eraseIdle(tx, projectId, ids, by);
  if (erased.length === 0) return [];
  await expireActions(tx, projectId, erased);
  await forgetOrder(
    tx,
    projectId,
    erased.map(({ id }) => id),
  );
  await publish(
    tx,
    projectId,
    erased.map((event) => eventItem(event, false)),
  );
  await recordActionsOf(tx, projectId, erased, false);
  return erased.map(({ id }) => id);
}

/** Rows erased per statement. */
const CHUNK = 500;

/** An attempt without what was sent and answered. */
const withoutBodies = `request_headers = case when request_headers is not null then '{}'::json end,
  response_headers = null, response_body = null, error = null`;

/** What is erased of the dependents of events: each statement changes at most a chunk of rows that are not erased yet. */
const erasures = [
  `update signalbox.ended_deliveries d set ${withoutBodies}, last_error = null, order_key = null, order_seq = null
    where d.project_id = $1 and d.id = any(array(select x.id from signalbox.ended_deliveries x
      where x.project_id = $1 and x.event_id = any($2::uuid[]) and (x.request_headers::text <> '{}'
        or num_nonnulls(x.response_headers, x.response_body, x.error, x.last_error, x.order_key) > 0) limit ${CHUNK}))`,
  `update signalbox.earlier_attempts a set ${withoutBodies}
    where a.project_id = $1 and (a.delivery_id, a.number) in (select x.delivery_id, x.number
      from signalbox.earlier_attempts x where x.project_id = $1 and x.delivery_id in (
        select d.id from signalbox.ended_deliveries d where d.project_id = $1 and d.event_id = any($2::uuid[])
        union all
        select p.id from signalbox.actions b join signalbox.presses p on p.project_id = $1 and p.action_id = b.id
        where b.project_id = $1 and b.event_id = any($2::uuid[]))
      and (x.request_headers::text <> '{}' or num_nonnulls(x.response_headers, x.response_body, x.error) > 0)
      limit ${CHUNK})`,
  `update signalbox.presses p set error = null from signalbox.actions a
    where p.project_id = $1 and a.project_id = $1 and a.id = p.action_id and a.event_id = any($2::uuid[])
      and p.error is not null`,
  `update signalbox.actions a set url = '', button_text = '', meta = null, last_error = null
    where a.project_id = $1 and a.event_id = any($2::uuid[]) and a.url <> ''`,
  `update signalbox.step_runs s set request = null, output = null from signalbox.workflow_runs r
    where s.project_id = $1 and r.project_id = $1 and r.id = s.run_id and r.event_id = any($2::uuid[])
      and num_nonnulls(s.request, s.output) > 0`,
  `update signalbox.workflow_runs r set error = null
    where r.project_id = $1 and r.event_id = any($2::uuid[]) and r.error is not null`,
  `delete from signalbox.event_bodies b where b.project_id = $1 and b.event_id = any($2::uuid[])`,
  `delete from signalbox.event_resources r where r.project_id = $1 and r.event_id = any($2::uuid[])`,
  `update signalbox.idempotency_keys k set fingerprint = '${ERASED_FINGERPRINT}' from signalbox.events e
    where e.project_id = $1 and e.id = any($2::uuid[]) and k.project_id = $1 and k.scope = ''
      and k.key = e.idempotency_key and k.event_id = e.id and k.fingerprint <> '${ERASED_FINGERPRINT}'`,
];

/** Erases what belongs to erased events: what was sent and answered, buttons, steps, fingerprints. */
export async function eraseDependents(sql: Pool, projectId: string, ids: string[]): Promise<void> {
  for (const statement of erasures) {
    let changed = CHUNK;
    while (changed >= CHUNK) changed = (await sql.unsafe(statement, [projectId, ids])).count;
  }
}
