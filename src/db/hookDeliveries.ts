import type { Tx } from "./client.ts";
import {
  completeEvents,
  type MovedDelivery,
  movedColumns,
  recordMoves,
} from "./deliveryChanges.ts";
import type { HookStatus } from "./hooks.ts";
import { addJobs, deliverJobs } from "./jobs.ts";
import { statusIn } from "./statusIn.ts";

const due = ["PENDING", "RETRYING"];
const parked = ["PARKED"];

/** What a hook's new status makes of the deliveries that wait for it; each list of states has an index. */
const moves: Record<HookStatus, { from: string[][]; to: string }> = {
  ACTIVE: { from: [parked], to: "PENDING" },
  PENDING_VERIFICATION: { from: [due], to: "PARKED" },
  PAUSED: { from: [due], to: "PARKED" },
  DELETED: { from: [due, parked], to: "CANCELLED" },
};

/** Due deliveries, and parked ones, moved in one transaction at most: the feed lock, for which every emit waits, is held meanwhile. */
export const MOVED_AT_ONCE = 1_000;

/**
 * Moves up to 1,000 due and 1,000 parked deliveries of a hook to what its new status says, and tells how many; those in flight
 * end by themselves. The caller holds the hook's row and the feed lock, so that no emit can add one unseen; without
 * the lane's lock it may miss some that are being claimed, and is to be called until it moves none.
 */
export async function moveWaiting(
  tx: Tx,
  hook: { projectId: string; id: string },
  status: HookStatus,
): Promise<number> {
  const { from, to } = moves[status];
  // Arrays, because a plan takes them for short: it would read all deliveries for a join with what `limit` leaves.
  const waiting = from
    .map(
      (states) => tx`array(
        select d.id from signalbox.deliveries d
        where d.project_id = ${hook.projectId} and d.hook_id = ${hook.id} and d.lease_token is null
          and ${statusIn(tx, states)}
        limit ${MOVED_AT_ONCE} for update)`,
    )
    .reduce((all, some) => tx`${all} || ${some}`);
  const moved = await tx<MovedDelivery[]>`
    update signalbox.deliveries d set status = ${to},
      due_at = case when ${to} = 'PENDING' then clock_timestamp() end,
      completed_at = case when ${to} = 'CANCELLED' then clock_timestamp() end
    where d.project_id = ${hook.projectId} and d.id = any(${waiting})
    returning ${movedColumns(tx)}`;
  if (moved.length > 0)
    await Promise.all([
      ...(to === "PENDING"
        ? [addJobs(tx, deliverJobs([{ projectId: hook.projectId, hookId: hook.id }]))]
        : []),
      recordMoves(tx, moved),
      ...(to === "CANCELLED" ? [completeEvents(tx, moved)] : []),
    ]);
  return moved.length;
}

/** Queues the rest of what `moveWaiting` has begun. */
export const queueSettling = (tx: Tx, hook: { projectId: string; id: string }) =>
  addJobs(tx, [
    {
      identifier: "settle",
      payload: { projectId: hook.projectId, hookId: hook.id },
      key: `settle:${hook.id}`,
    },
  ]);
