import { writeToFeed } from "./changes.ts";
import type { Tx } from "./client.ts";
import { type DeliveryRow, deliveriesById, deliveryColumns } from "./deliveries.ts";
import { eventState, type MovedDelivery, movedColumns, recordMoves } from "./deliveryChanges.ts";
import { type HookStatus, lockLanes } from "./hooks.ts";
import { addJobs, deliverJobs, type JobSpec } from "./jobs.ts";

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

/** Makes a waiting delivery due at once. */
export const makeDue = (tx: Tx, { projectId, id }: DeliveryRow) => tx<MovedDelivery[]>`
  update signalbox.deliveries d set due_at = clock_timestamp() where project_id = ${projectId} and id = ${id}
  returning ${movedColumns(tx)}`;

/**
 * New deliveries of the same events to the same hook, with tries of their own; PARKED unless the hook is ACTIVE.
 * None for those whose last retry is still open, nor for a deleted hook. The caller holds the hook's status. Written
 * so that rows are only ever looked up by their keys: planned otherwise, a hook's whole history is read for each.
 */
export const insertRetries = (
  tx: Tx,
  projectId: string,
  retries: { of: string; id: string }[],
) => tx<MovedDelivery[]>`
  with original as materialized (
    select * from signalbox.deliveries where project_id = ${projectId} and id = any(${retries.map(({ of }) => of)}::uuid[])
  )
  insert into signalbox.deliveries as d (project_id, id, event_id, hook_id, format, status, max_attempts, due_at,
    replay_of, replay_number)
  select o.project_id, x.id, o.event_id, o.hook_id, o.format,
    case h.status when 'ACTIVE' then 'PENDING' else 'PARKED' end, h.retries + 1,
    case h.status when 'ACTIVE' then clock_timestamp() end, o.id, last.replay_number + 1
  from unnest(${retries.map(({ of }) => of)}::uuid[], ${retries.map(({ id }) => id)}::uuid[]) as x(of, id)
  join original o on o.id = x.of
  join signalbox.hooks h on h.project_id = o.project_id and h.id = o.hook_id and h.status <> 'DELETED'
  cross join lateral (
    select n.replay_number, n.status from signalbox.deliveries n
    where n.project_id = o.project_id and n.event_id = o.event_id and n.hook_id = o.hook_id
    order by n.replay_number desc limit 1
  ) last
  where last.status not in ('PENDING', 'RETRYING', 'PARKED')
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

/**
 * Puts deliveries of one hook that are due again into the feed, wakes its lane, and opens their events again.
 * `jobs` and `under` (feed rows, what is read of it all) go with them. Ends the transaction.
 */
export async function publishRetries(
  tx: Tx,
  retried: MovedDelivery[],
  more: { areNew: boolean; jobs?: JobSpec[]; under?: PromiseLike<unknown>[] },
): Promise<void> {
  const jobs = [...deliverJobs(retried.slice(0, 1)), ...(more.jobs ?? [])];
  await writeToFeed(tx, jobs.length > 0 ? [addJobs(tx, jobs)] : [], [
    reopenEvents(tx, retried),
    recordMoves(tx, retried, more.areNew),
    ...(more.under ?? []),
  ]);
}
