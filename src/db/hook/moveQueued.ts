import type { Tx } from "../connection/client.ts";
import { unblockHook } from "../delivery/blockedKeys.ts";
import { advanceKeysOf } from "../delivery/order.ts";
import {
  completeEvents,
  type MovedDelivery,
  movedColumns,
  recordMoves,
} from "../delivery/record.ts";
import type { Fragment } from "../page/page.ts";
import { addJobs, deliverJobs } from "../queue/jobs.ts";
import type { HookStatus } from "./hooks.ts";

/** Deliveries moved per transaction: the head is locked meanwhile, and the project's emits wait for it. */
export const MOVED_AT_ONCE = 1_000;

/** The effect of a hook's new status on its waiting deliveries. */
const moves: Record<HookStatus, { from: "due" | "parked" | "both"; to: string }> = {
  ACTIVE: { from: "parked", to: "PENDING" },
  PENDING_VERIFICATION: { from: "due", to: "PARKED" },
  PAUSED: { from: "due", to: "PARKED" },
  DISABLED: { from: "due", to: "PARKED" },
  DELETED: { from: "both", to: "CANCELLED" },
};

/**
 * Moves some thousand waiting deliveries of a hook to the status that follows from its new status, and returns how many.
 * Those in flight end by themselves. The caller has locked the hook's row and the project's head, so that no emit can
 * add one unseen. It may miss deliveries that are being claimed: repeat until it moves none.
 */
export async function moveWaiting(
  tx: Tx,
  { projectId, id }: { projectId: string; id: string },
  status: HookStatus,
): Promise<number> {
  const { from, to } = moves[status];
  // An array, because the planner assumes it is short. Joined with a `limit` subquery it would read all deliveries.
  const some = (condition: Fragment, by: Fragment) => tx`array(
    select q.id from signalbox.queue q
    where q.project_id = ${projectId} and q.hook_id = ${id} and q.lease_token is null ${condition}
    order by ${by} limit ${MOVED_AT_ONCE} for update)`;
  // A bound, not "is not null": without statistics it could be as cheap to sort all of the hook's rows by another index.
  const due = () => some(tx`and q.due_at <= 'infinity'`, tx`q.due_at`);
  const notDue = (status: Fragment) =>
    some(tx`and q.due_at is null ${status}`, tx`q.status, q.order_seq`);
  const waiting = {
    due: () => tx`(${due()} || ${notDue(tx`and q.status in ('PENDING', 'RETRYING')`)})`,
    parked: () => notDue(tx`and q.status = 'PARKED'`),
    both: () => tx`(${due()} || ${notDue(tx``)})`,
  }[from]();
  const moved =
    to === "CANCELLED"
      ? await tx<MovedDelivery[]>`
        select d.id, d.event_id as "eventId", d.hook_id as "hookId", d.run_id as "runId", 'CANCELLED' as status
        from signalbox.queue d where d.project_id = ${projectId} and d.id = any(${waiting})`
      : await tx<MovedDelivery[]>`
        update signalbox.queue d set status = ${to},
          due_at = ${
            // Citus evaluates the function first, and not inside a case.
            to === "PENDING"
              ? tx`statement_timestamp() + case when d.order_seq is null then interval '0' end`
              : null
          }
        where d.project_id = ${projectId} and d.id = any(${waiting})
        returning ${movedColumns(tx)}`;
  if (to === "CANCELLED") await unblockHook(tx, projectId, id);
  if (moved.length === 0) return 0;
  if (to === "CANCELLED")
    await tx`select signalbox.end_deliveries(${projectId}, ${moved.map((one) => one.id)}::uuid[], 'CANCELLED',
      clock_timestamp())`;
  await Promise.all([
    ...(to === "PENDING" ? [advanceKeysOf(tx, projectId, moved)] : []),
    ...(to === "PENDING" ? [addJobs(tx, deliverJobs([{ projectId, hookId: id }]))] : []),
    recordMoves(tx, projectId, moved),
    ...(to === "CANCELLED" ? [completeEvents(tx, projectId, moved)] : []),
  ]);
  return moved.length;
}

/** Adds the jobs that continue `moveWaiting`, one for each hook. */
export const queueSettling = (tx: Tx, projectId: string, hooks: { id: string }[]) =>
  addJobs(
    tx,
    hooks.map(({ id }) => ({
      identifier: "settle" as const,
      payload: { projectId, hookId: id },
      key: `settle:${id}`,
    })),
  );
