import { writeToFeed } from "./changes.ts";
import type { Tx } from "./client.ts";
import { type DeliveryRow, deliveriesById, deliveryColumns } from "./deliveries.ts";
import { eventState, type MovedDelivery, movedColumns, recordMoves } from "./deliveryChanges.ts";
import { type HookStatus, lockLanes } from "./hooks.ts";
import { addJobs, deliverJobs, type JobSpec } from "./jobs.ts";
import type { Fragment } from "./page.ts";

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

/** Whether a delivery `d` has a retry of its event for its hook that is still under way. */
const isBeingRetried = (tx: Tx): Fragment => tx`exists (
  select from signalbox.deliveries o
  where o.project_id = d.project_id and o.event_id = d.event_id and o.hook_id = d.hook_id
    and o.status in ('PENDING', 'RETRYING', 'PARKED'))`;

/** Makes a waiting delivery due at once. */
export const makeDue = (tx: Tx, { projectId, id }: DeliveryRow) => tx<MovedDelivery[]>`
  update signalbox.deliveries d set due_at = clock_timestamp() where project_id = ${projectId} and id = ${id}
  returning ${movedColumns(tx)}`;

/**
 * New deliveries of the same events to the same hook, with tries of their own; PARKED unless the hook is ACTIVE.
 * None for those that are being tried again already, nor for a deleted hook. The caller holds the hook's status.
 */
export const insertRetries = (
  tx: Tx,
  projectId: string,
  retries: { of: string; id: string }[],
) => tx<MovedDelivery[]>`
  insert into signalbox.deliveries as d (project_id, id, event_id, hook_id, format, status, max_attempts, due_at,
    replay_of, replay_number)
  select d.project_id, x.id, d.event_id, d.hook_id, d.format,
    case h.status when 'ACTIVE' then 'PENDING' else 'PARKED' end, h.retries + 1,
    case h.status when 'ACTIVE' then clock_timestamp() end, d.id,
    (select max(n.replay_number) + 1 from signalbox.deliveries n
      where n.project_id = d.project_id and n.event_id = d.event_id and n.hook_id = d.hook_id)
  from unnest(${retries.map(({ of }) => of)}::uuid[], ${retries.map(({ id }) => id)}::uuid[]) as x(of, id)
  join signalbox.deliveries d on d.project_id = ${projectId} and d.id = x.of
  join signalbox.hooks h on h.project_id = d.project_id and h.id = d.hook_id and h.status <> 'DELETED'
  where not ${isBeingRetried(tx)}
  order by x.id
  returning ${movedColumns(tx)}`;

const reopenEvents = (tx: Tx, retried: MovedDelivery[]) => tx`
  with reopened as (
    update signalbox.events e set status = 'DISPATCHED'
    from unnest(${retried.map((r) => r.projectId)}::uuid[], ${retried.map((r) => r.eventId)}::uuid[])
      as x(project_id, id)
    where e.project_id = x.project_id and e.id = x.id and e.status in ('PROCESSED', 'FAILED')
    returning e.project_id, e.id, e.status, e.type, e.context_id
  )
  insert into signalbox.changes (project_id, kind, entity_id, event_id, created, state)
  select project_id, 'EVENT', id, id, false, ${eventState(tx)} from reopened`;

/**
 * Puts deliveries of one hook that are due again into the feed, wakes its lane, and opens their events again.
 * `jobs` and `under` (feed rows) go with them.
 */
export async function publishRetries(
  tx: Tx,
  retried: MovedDelivery[],
  more: { areNew: boolean; jobs?: JobSpec[]; under?: Fragment[] },
): Promise<void> {
  const jobs = [...deliverJobs(retried.slice(0, 1)), ...(more.jobs ?? [])];
  await writeToFeed(tx, jobs.length > 0 ? [addJobs(tx, jobs)] : [], [
    reopenEvents(tx, retried),
    recordMoves(tx, retried, more.areNew),
    ...(more.under ?? []),
  ]);
}
