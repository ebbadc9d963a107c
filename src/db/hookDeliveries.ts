import type { Tx } from "./client.ts";
import {
  completeEvents,
  type MovedDelivery,
  movedColumns,
  recordMoves,
} from "./deliveryChanges.ts";
import type { HookStatus } from "./hooks.ts";
import { addJobs, deliverJobs } from "./jobs.ts";

/** What a hook's new status makes of the deliveries that wait for it. */
const moves: Record<HookStatus, { from: string[]; to: string }> = {
  ACTIVE: { from: ["PARKED"], to: "PENDING" },
  PAUSED: { from: ["PENDING", "RETRYING"], to: "PARKED" },
  DISABLED: { from: ["PENDING", "RETRYING"], to: "PARKED" },
  DELETED: { from: ["PENDING", "RETRYING", "PARKED"], to: "CANCELLED" },
};

/**
 * Moves the waiting deliveries of a hook to what its new status says; those in flight end by themselves. The
 * caller holds the lane's lock and the feed lock, so that no emit can add one unseen.
 */
export async function moveWaiting(
  tx: Tx,
  hook: { projectId: string; id: string },
  status: HookStatus,
) {
  const { from, to } = moves[status];
  const moved = await tx<MovedDelivery[]>`
    update signalbox.deliveries d set status = ${to},
      due_at = case when ${to} = 'PENDING' then clock_timestamp() end,
      completed_at = case when ${to} = 'CANCELLED' then clock_timestamp() end
    where d.project_id = ${hook.projectId} and d.hook_id = ${hook.id} and d.lease_token is null
      and d.status = any(${from}::text[])
    returning ${movedColumns(tx)}`;
  if (moved.length === 0) return;
  await Promise.all([
    ...(to === "PENDING"
      ? [addJobs(tx, deliverJobs([{ projectId: hook.projectId, hookId: hook.id }]))]
      : []),
    recordMoves(tx, moved),
    ...(to === "CANCELLED" ? [completeEvents(tx, moved)] : []),
  ]);
}
