import { writeToFeed } from "./changes.ts";
import type { Tx } from "./client.ts";
import {
  type DeliveryRow,
  type DeliveryStatus,
  deliveriesById,
  deliveryColumns,
} from "./deliveries.ts";
import { eventState, type MovedDelivery, movedColumns, recordMoves } from "./deliveryChanges.ts";
import type { HookStatus } from "./hooks.ts";
import { addJobs, deliverJobs, type JobSpec } from "./jobs.ts";
import { lockLanes } from "./locks.ts";

/** A delivery with what decides whether it may be tried again. */
export type RetryCandidate = DeliveryRow & { inFlight: boolean; hookStatus: HookStatus };

/** A hook's state, which no claim and no change of it can move before the end of the transaction. */
export async function heldHookStatus(
  tx: Tx,
  projectId: string,
  hookId: string,
): Promise<HookStatus | undefined> {
  await lockLanes(tx, [hookId]);
  const [hook] = await tx<{ status: HookStatus }[]>`
    select status from signalbox.hooks where project_id = ${projectId} and id = ${hookId} for share`;
  return hook?.status;
}

/** The delivery, locked to the end of the transaction: after its lane and its hook's row, in the one order of locks. */
export async function lockedDelivery(
  tx: Tx,
  projectId: string,
  id: string,
): Promise<RetryCandidate | undefined> {
  const [known] = await deliveriesById(tx, projectId, [id]);
  if (!known) return undefined;
  const hookStatus = await heldHookStatus(tx, projectId, known.hookId);
  const [delivery] = await tx<(DeliveryRow & { inFlight: boolean })[]>`
    select ${deliveryColumns(tx)}, d.lease_token is not null as "inFlight" from signalbox.deliveries d
    where d.project_id = ${projectId} and d.id = ${id} for update`;
  return hookStatus && delivery && { ...delivery, hookStatus };
}

/** What is tried again: deliveries that were there and moved, and new ones. */
export type Retried = {
  /** `was`: the state it is taken out of. */
  moved: (MovedDelivery & { was: DeliveryStatus })[];
  made: MovedDelivery[];
};

/** Makes a waiting delivery due at once. */
export const makeDue = (tx: Tx, { projectId, id, status }: DeliveryRow) => tx<Retried["moved"]>`
  update signalbox.deliveries d set due_at = clock_timestamp() where project_id = ${projectId} and id = ${id}
  returning ${movedColumns(tx)}, ${status}::text as was`;

/** Attempts are counted in a smallint. */
export const MAX_ATTEMPTS = 32_000;

/**
 * Opens deliveries of one hook again that have ended without success: due now, with as many further tries as the hook
 * has; PARKED unless it is ACTIVE. What took processes down stays a suspect: it is tried alone, and its next death is
 * its last. Those that are open or SUCCEEDED stay as they are, and so does everything of a deleted hook. The caller
 * holds the hook's status.
 */
export const reopenDeliveries = (tx: Tx, projectId: string, ids: string[]) => tx<Retried["moved"]>`
  with ended as materialized (
    select d.project_id, d.id, d.event_id, d.status, h.status as hook, h.retries from signalbox.deliveries d
    join signalbox.hooks h on h.project_id = d.project_id and h.id = d.hook_id and h.status <> 'DELETED'
    where d.project_id = ${projectId} and d.id = any(${ids}::uuid[]) and d.run_id is null
      and d.status in ('FAILED', 'GONE', 'CANCELLED', 'QUARANTINED') and d.attempt_count < ${MAX_ATTEMPTS}
    for update of d
  )
  update signalbox.deliveries d set status = case ended.hook when 'ACTIVE' then 'RETRYING' else 'PARKED' end,
    max_attempts = d.attempt_count + ended.retries + 1, completed_at = null,
    due_at = case ended.hook when 'ACTIVE' then clock_timestamp() end, unknown_count = least(d.unknown_count, 2)
  from ended
  where d.project_id = ended.project_id and d.id = ended.id
    and d.event_id >= (select event_id from ended order by event_id limit 1)
    and d.event_id <= (select event_id from ended order by event_id desc limit 1)
  returning ${movedColumns(tx)}, ended.status as was`;

/**
 * New deliveries of the same events to the same hook for those that SUCCEEDED, with tries of their own; PARKED unless
 * the hook is ACTIVE. None for those of which a try is still open, nor for a deleted hook. The caller holds the hook's
 * status. Written so that rows are only ever looked up by their keys: planned otherwise, a hook's whole history is read
 * for each.
 */
export const insertRetries = (
  tx: Tx,
  projectId: string,
  retries: { of: string; id: string }[],
) => tx<MovedDelivery[]>`
  with original as materialized (
    select * from signalbox.deliveries where project_id = ${projectId} and id = any(${retries.map(({ of }) => of)}::uuid[])
      and status = 'SUCCEEDED'
  )
  insert into signalbox.deliveries as d (project_id, id, event_id, hook_id, format, status, max_attempts, due_at,
    replay_of, replay_number)
  select o.project_id, x.id, o.event_id, o.hook_id, o.format,
    case h.status when 'ACTIVE' then 'PENDING' else 'PARKED' end, h.retries + 1,
    case h.status when 'ACTIVE' then clock_timestamp() end, o.id, past.last + 1
  from unnest(${retries.map(({ of }) => of)}::uuid[], ${retries.map(({ id }) => id)}::uuid[]) as x(of, id)
  join original o on o.id = x.of
  join signalbox.hooks h on h.project_id = o.project_id and h.id = o.hook_id and h.status <> 'DELETED'
  cross join lateral (
    select max(n.replay_number) as last, bool_or(n.status in ('PENDING', 'RETRYING', 'PARKED')) as is_open
    from signalbox.deliveries n
    where n.project_id = o.project_id and n.event_id = o.event_id and n.hook_id = o.hook_id
  ) past
  where not past.is_open
  order by x.id
  returning ${movedColumns(tx)}`;

/** Opens the events of what is tried again. Under the feed lock. */
export const reopenEvents = (tx: Tx, retried: Pick<MovedDelivery, "projectId" | "eventId">[]) => tx`
  with reopened as (
    update signalbox.events e set status = 'DISPATCHED'
    from unnest(${retried.map((r) => r.projectId)}::uuid[], ${retried.map((r) => r.eventId)}::uuid[])
      as x(project_id, id)
    where e.project_id = x.project_id and e.id = x.id and e.status in ('PROCESSED', 'FAILED')
    returning e.project_id, e.id, e.status, e.type, e.context_id, e.origin
  )
  insert into signalbox.changes (project_id, kind, entity_id, event_id, created, state)
  select project_id, 'EVENT', id, id, false, ${eventState(tx)} from reopened`;

/** What has FAILED and is open again counts as failed no longer. Under the feed lock. */
function uncountFailed(tx: Tx, moved: Retried["moved"]): PromiseLike<unknown>[] {
  const [first, ...rest] = moved.filter(({ was }) => was === "FAILED");
  if (!first) return [];
  return [
    tx`update signalbox.hook_stats set failed_count = greatest(failed_count - ${rest.length + 1}, 0)
      where project_id = ${first.projectId} and hook_id = ${first.hookId}`,
  ];
}

/**
 * Puts deliveries of one hook that are due again into the feed, wakes its lane, and opens their events again.
 * `jobs` and `under` (feed rows, what is read of it all) go with them. Ends the transaction.
 */
export async function publishRetries(
  tx: Tx,
  { moved, made }: Retried,
  more: { jobs?: JobSpec[]; under?: PromiseLike<unknown>[] },
): Promise<void> {
  const all = [...moved, ...made];
  const jobs = [...deliverJobs(all.slice(0, 1)), ...(more.jobs ?? [])];
  await writeToFeed(tx, jobs.length > 0 ? [addJobs(tx, jobs)] : [], [
    reopenEvents(tx, all),
    ...(moved.length > 0 ? [recordMoves(tx, moved)] : []),
    ...(made.length > 0 ? [recordMoves(tx, made, true)] : []),
    ...uncountFailed(tx, moved),
    ...(more.under ?? []),
  ]);
}
