import { lockFeed, wakeFeed } from "./changes.ts";
import type { Tx } from "./client.ts";
import { type DeliveryRow, deliveriesById, deliveryColumns } from "./deliveries.ts";
import { eventState, recordMoves } from "./deliveryChanges.ts";
import { lockLanes } from "./hooks.ts";
import { addJobs, deliverJobs } from "./jobs.ts";

/** A delivery with what decides whether it may be tried again. */
export type RetryCandidate = DeliveryRow & {
  inFlight: boolean;
  hookStatus: string;
  retries: number;
};

/**
 * The delivery, locked to the end of the transaction: after its lane and its hook's row, in the one order of locks,
 * so that no claim and no change of the hook's state can come between.
 */
export async function lockedDelivery(
  tx: Tx,
  projectId: string,
  id: string,
): Promise<RetryCandidate | undefined> {
  const [known] = await deliveriesById(tx, projectId, [id]);
  if (!known) return undefined;
  await lockLanes(tx, [known.hookId]);
  const [hook] = await tx<{ hookStatus: string; retries: number }[]>`
    select status as "hookStatus", retries from signalbox.hooks
    where project_id = ${projectId} and id = ${known.hookId} for share`;
  const [delivery] = await tx<(DeliveryRow & { inFlight: boolean })[]>`
    select ${deliveryColumns(tx)}, d.lease_token is not null as "inFlight" from signalbox.deliveries d
    where d.project_id = ${projectId} and d.id = ${id} for update`;
  return hook && delivery && { ...delivery, ...hook };
}

/** Whether a retry of this event for this hook is still under way. */
export async function hasOpenReplay(
  tx: Tx,
  { projectId, eventId, hookId }: DeliveryRow,
): Promise<boolean> {
  const rows = await tx`select from signalbox.deliveries
    where project_id = ${projectId} and event_id = ${eventId} and hook_id = ${hookId}
      and status in ('PENDING', 'RETRYING', 'PARKED')`;
  return rows.length > 0;
}

/** Makes a waiting delivery due at once. */
export const makeDue = (tx: Tx, { projectId, id }: DeliveryRow) => tx`
  update signalbox.deliveries set due_at = clock_timestamp() where project_id = ${projectId} and id = ${id}`;

/** A new delivery of the same event to the same hook, with tries of its own. */
export const insertReplay = (
  tx: Tx,
  of: DeliveryRow,
  replay: { id: string; status: string; maxAttempts: number },
) => tx`
  insert into signalbox.deliveries (project_id, id, event_id, hook_id, format, status, max_attempts, due_at,
    replay_of, replay_number)
  select ${of.projectId}, ${replay.id}, ${of.eventId}, ${of.hookId}, ${of.format}, ${replay.status},
    ${replay.maxAttempts}, case when ${replay.status} = 'PENDING' then clock_timestamp() end, ${of.id},
    max(replay_number) + 1
  from signalbox.deliveries
  where project_id = ${of.projectId} and event_id = ${of.eventId} and hook_id = ${of.hookId}`;

const reopenEvent = (tx: Tx, { projectId, eventId }: DeliveryRow) => tx`
  with reopened as (
    update signalbox.events e set status = 'DISPATCHED'
    where e.project_id = ${projectId} and e.id = ${eventId} and e.status in ('PROCESSED', 'FAILED')
    returning e.project_id, e.id, e.status, e.type, e.context_id
  )
  insert into signalbox.changes (project_id, kind, entity_id, event_id, created, state)
  select project_id, 'EVENT', id, id, false, ${eventState(tx)} from reopened`;

/** Puts a delivery that is due again into the feed, wakes its lane, and opens its event again. */
export async function publishRetry(tx: Tx, delivery: DeliveryRow, id: string): Promise<void> {
  await Promise.all([
    addJobs(tx, deliverJobs([delivery])),
    lockFeed(tx),
    reopenEvent(tx, delivery),
    recordMoves(tx, [{ projectId: delivery.projectId, id }], id !== delivery.id),
    wakeFeed(tx),
  ]);
}
