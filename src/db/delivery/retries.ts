import type { Sql, Tx } from "../connection/client.ts";
import { enterFeed, writeToFeed } from "../feed/record.ts";
import type { HookStatus } from "../hook/hooks.ts";
import type { Fragment } from "../page/page.ts";
import { addJobs, deliverJobs } from "../queue/jobs.ts";
import {
  type DeliveryRow,
  type DeliveryStatus,
  deliveriesById,
  deliveryColumns,
} from "./deliveries.ts";
import { advanceKeysOf } from "./order.ts";
import { type MovedDelivery, movedColumns, recordMoves } from "./record.ts";
import { WAITING } from "./statusFilter.ts";

/** A delivery with the facts that decide whether it may be retried. */
type RetryCandidate = DeliveryRow & {
  inFlight: boolean;
  isBehind: boolean;
  hookStatus: HookStatus;
  /** Whether its event's content was erased. */
  isExpunged: boolean;
};

/** A hook's status, share-locked until the end of the transaction. */
export async function heldHookStatus(
  tx: Tx,
  projectId: string,
  hookId: string,
): Promise<HookStatus | undefined> {
  const [hook] = await tx<{ status: HookStatus }[]>`
    select status from signalbox.hooks where project_id = ${projectId} and id = ${hookId} for share`;
  return hook?.status;
}

/** Whether the content of the event of a delivery named `d` was erased. */
export const isExpunged = (
  sql: Sql,
  projectId: string,
) => sql`exists (select from signalbox.events e
  where e.project_id = ${projectId} and e.id = d.event_id and e.expunged_at is not null)`;

/**
 * Locks a waiting delivery until the end of the transaction and returns it. Its hook's row is locked first, as
 * everywhere. An ended delivery is never changed, only reopened, by a transaction that then finds it here.
 */
export async function lockedDelivery(
  tx: Tx,
  projectId: string,
  id: string,
): Promise<RetryCandidate | undefined> {
  const [known] = await deliveriesById(tx, projectId, [id]);
  if (!known) return undefined;
  const hookStatus = await heldHookStatus(tx, projectId, known.hookId);
  if (known.orderKey === null)
    await tx`select from signalbox.queue where project_id = ${projectId} and id = ${id} for update`;
  // What waits in order is locked only after the head, so that whoever has the head may change it.
  else if (WAITING.includes(known.status)) await enterFeed(tx, projectId);
  const [delivery] = await tx<Omit<RetryCandidate, "hookStatus">[]>`
    select ${deliveryColumns(tx)}, d.lease_token is not null as "inFlight", ${isExpunged(tx, projectId)} as "isExpunged",
      d.order_seq is not null and d.due_at is null and d.status in ('PENDING', 'RETRYING') as "isBehind"
    from signalbox.deliveries d where d.project_id = ${projectId} and d.id = ${id}`;
  return hookStatus && delivery && { ...delivery, hookStatus };
}

/** The result of a retry: reopened deliveries, and new ones. */
export type Retried = {
  /** `was`: the previous status. */
  moved: (MovedDelivery & { was: DeliveryStatus })[];
  made: MovedDelivery[];
};

export const makeDue = (tx: Tx, { projectId, id, status }: DeliveryRow) => tx<Retried["moved"]>`
  update signalbox.queue d set due_at = statement_timestamp()
  where project_id = ${projectId} and id = ${id} and lease_token is null
  returning ${movedColumns(tx)}, ${status}::text as was`;

/**
 * Makes those of the deliveries of an ACTIVE hook due that were parked alone: their keys have gone on without them. The
 * caller holds the hook's status.
 */
export const unpark = (tx: Tx, projectId: string, ids: string[]) => tx<Retried["moved"]>`
  update signalbox.queue d set due_at = statement_timestamp(), status = 'RETRYING'
  where d.project_id = ${projectId} and d.id = any(${ids}::uuid[]) and d.status = 'PARKED' and d.order_seq is null
  returning ${movedColumns(tx)}, 'PARKED' as was`;

/** Makes those of the deliveries due that wait for their next attempt. */
export const makeRetryingDue = (tx: Tx, projectId: string, ids: string[]) => tx<Retried["moved"]>`
  update signalbox.queue d set due_at = statement_timestamp()
  where d.project_id = ${projectId} and d.id = any(${ids}::uuid[]) and d.status = 'RETRYING' and d.lease_token is null
    and d.due_at > statement_timestamp()
  returning ${movedColumns(tx)}, 'RETRYING' as was`;

/** The most attempts of a delivery: they are counted in a smallint. */
export const MAX_ATTEMPTS = 32_000;

/**
 * Reopens deliveries of one hook that ended without success: due now, or in their key's order; with as many retries as
 * the hook has; PARKED if the hook is not ACTIVE. A key that one of them blocked is free. Their last attempts become earlier ones. A suspect stays one: it is retried alone,
 * and its next crash is its last. Open and SUCCEEDED deliveries stay as they are, and so does everything of a deleted
 * hook and of an erased event. The caller holds the hook's status.
 */
export const reopenDeliveries = (tx: Tx, projectId: string, ids: string[]) => tx<Retried["moved"]>`
  with gone as (
    delete from signalbox.ended_deliveries d
    where d.project_id = ${projectId} and d.id = any(${ids}::uuid[]) and d.run_id is null
      and d.status in ('FAILED', 'GONE', 'CANCELLED', 'QUARANTINED') and d.attempt_count < ${MAX_ATTEMPTS}
      and (select h.status from signalbox.hooks h where h.project_id = ${projectId} and h.id = d.hook_id) <> 'DELETED'
      and not ${isExpunged(tx, projectId)}
    returning d.*
  ), tried as (
    insert into signalbox.earlier_attempts (project_id, delivery_id, number, started_at, elapsed_ms, outcome, status_code,
      error, remote_address, request_headers, response_headers, response_body, response_truncated)
    select project_id, id, attempt_count, started_at, elapsed_ms, outcome, status_code, error, remote_address,
      request_headers, response_headers, response_body, response_truncated
    from gone where outcome is not null
  ), unblocked as (
    delete from signalbox.blocked_keys b using gone
    where b.project_id = ${projectId} and b.hook_id = gone.hook_id and b.key = gone.order_key
      and b.delivery_id = gone.id
  ), opened as (
    insert into signalbox.queue as d (project_id, id, event_id, hook_id, format, status, attempt_count, max_attempts,
      due_at, unknown_count, last_error, replay_of, replay_number, created_at, order_key, order_seq)
    select g.project_id, g.id, g.event_id, g.hook_id, g.format,
      case when h.status = 'ACTIVE' then 'RETRYING' else 'PARKED' end, g.attempt_count,
      g.attempt_count + h.retries + 1, case when h.status = 'ACTIVE' and g.order_seq is null then clock_timestamp() end,
      least(g.unknown_count, 2), g.last_error, g.replay_of, g.replay_number, g.created_at, g.order_key, g.order_seq
    from gone g cross join lateral (
      select h.status, h.retries from signalbox.hooks h
      where h.project_id = ${projectId} and h.id = g.hook_id offset 0) h
    returning ${movedColumns(tx)}
  )
  select o.*, g.status as was from opened o join gone g on g.id = o.id`;

/**
 * Creates new deliveries of the same events to the same hook for SUCCEEDED ones, with their own retries; PARKED if the
 * hook is not ACTIVE. None for those with an open replay, nor for a deleted hook or an erased event. The caller holds the hook's status.
 * The statement makes the planner look rows up by their keys only: otherwise it reads a hook's whole history for each.
 */
export const insertRetries = (
  tx: Tx,
  projectId: string,
  retries: { of: string; id: string }[],
) => tx<MovedDelivery[]>`
  with original as materialized (
    select * from signalbox.ended_deliveries d
    where d.project_id = ${projectId} and d.id = any(${retries.map(({ of }) => of)}::uuid[]) and d.status = 'SUCCEEDED'
      and not ${isExpunged(tx, projectId)}
  ), retry as (
    select o.project_id, x.id, o.event_id, o.hook_id, o.format,
      case when h.status = 'ACTIVE' then 'PENDING' else 'PARKED' end as status, h.retries + 1 as max_attempts,
      case when h.status = 'ACTIVE' and o.order_seq is null then clock_timestamp() end as due_at, o.id as of,
      past.last + 1 as number, o.order_key, o.order_seq
    from unnest(${retries.map(({ of }) => of)}::uuid[], ${retries.map(({ id }) => id)}::uuid[]) as x(of, id)
    join original o on o.id = x.of
    join signalbox.hooks h on h.project_id = ${projectId} and h.id = o.hook_id and h.status <> 'DELETED'
    cross join lateral (
      select max(n.replay_number) as last, bool_or(n.status in ('PENDING', 'RETRYING', 'PARKED')) as is_open
      from signalbox.deliveries n
      where n.project_id = ${projectId} and n.event_id = o.event_id and n.hook_id = o.hook_id
    ) past
    where not past.is_open
    order by x.id
  )
  insert into signalbox.queue as d (project_id, id, event_id, hook_id, format, status, max_attempts, due_at,
    replay_of, replay_number, order_key, order_seq)
  select * from retry
  returning ${movedColumns(tx)}`;

/**
 * Reopens these events and adds their feed items; with `deliveries` only those that have one of them waiting. The caller
 * has locked the head.
 */
export const recordReopened = (
  tx: Tx,
  projectId: string,
  eventIds: string[],
  deliveries?: string[],
) => tx`
  with reopened as (
    update signalbox.events e set status = 'DISPATCHED'
    where e.project_id = ${projectId} and e.id = any(${eventIds}::uuid[]) and e.status in ('PROCESSED', 'FAILED')
      and ${
        deliveries
          ? tx`exists (select from signalbox.queue q where q.project_id = ${projectId} and q.event_id = e.id
              and q.id = any(${deliveries}::uuid[]))`
          : tx`true`
      }
    returning e.id, e.status, e.type, e.context_id, e.origin
  )
  select signalbox.publish(${projectId}, (
    select coalesce(json_agg(signalbox.event_item(id, status, type, context_id, origin)), '[]') from reopened))`;

/** Reopened FAILED deliveries no longer count as failed. */
function uncountFailed(tx: Tx, projectId: string, moved: Retried["moved"]): Fragment[] {
  const [first, ...rest] = moved.filter(({ was }) => was === "FAILED");
  if (!first) return [];
  return [
    tx`update signalbox.hook_stats set failed_count = greatest(failed_count - ${rest.length + 1}, 0)
      where project_id = ${projectId} and hook_id = ${first.hookId}`,
  ];
}

/**
 * Adds retried deliveries of one hook to the feed, wakes its queue, and reopens their events. `under` (feed items,
 * reads of the result) goes with them.
 */
export async function publishRetries(
  tx: Tx,
  projectId: string,
  { moved, made }: Retried,
  under: PromiseLike<unknown>[],
): Promise<void> {
  const all = [...moved, ...made];
  const queues = all.slice(0, 1).map(({ hookId }) => ({ projectId, hookId }));
  const jobs = deliverJobs(queues);
  await writeToFeed(tx, projectId, jobs.length > 0 ? [addJobs(tx, jobs)] : [], [
    ...(all.length > 0 ? [advanceKeysOf(tx, projectId, all)] : []),
    recordReopened(tx, projectId, [...new Set(all.map(({ eventId }) => eventId))]),
    ...(moved.length > 0 ? [recordMoves(tx, projectId, moved)] : []),
    ...(made.length > 0 ? [recordMoves(tx, projectId, made, true)] : []),
    ...uncountFailed(tx, projectId, moved),
    ...under,
  ]);
}
