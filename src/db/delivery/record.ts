import type { Tx } from "../connection/client.ts";
import { record } from "../feed/record.ts";

/** A delivery whose state changed, as returned by the statement. */
export type MovedDelivery = {
  id: string;
  eventId: string;
  hookId: string;
  /** Null if it is not a step of a workflow's run. */
  runId: string | null;
  status: string;
};

/** The `returning` list of a statement that changes deliveries named `d`. */
export const movedColumns = (tx: Tx) =>
  tx`d.id, d.event_id as "eventId", d.hook_id as "hookId", d.run_id as "runId", d.status`;

/** The runs that these deliveries belong to as steps. */
export const runsOf = (
  projectId: string,
  moved: Pick<MovedDelivery, "runId">[],
): { projectId: string; runId: string }[] =>
  moved.flatMap(({ runId }) => (runId === null ? [] : [{ projectId, runId }]));

/** Feed items for deliveries in their current state. */
export const recordMoves = (
  tx: Tx,
  projectId: string,
  moved: Pick<MovedDelivery, "id">[],
  created = false,
) =>
  record(
    tx,
    projectId,
    tx`select 'DELIVERY', d.id, d.event_id, d.hook_id, ${created}::boolean, json_build_object('status', d.status,
      'attemptCount', d.attempt_count, 'maxAttempts', d.max_attempts, 'nextAttemptAt', d.due_at,
      'completedAt', d.completed_at, 'lastError', d.last_error)
    from signalbox.deliveries d
    where d.project_id = ${projectId} and d.id = any(${moved.map(({ id }) => id)}::uuid[])`,
  );

/**
 * Ends the events whose deliveries and runs have all ended. The caller has locked the project's head, so that two
 * transactions that each end one of an event's last deliveries see each other. No counter is needed that could drift.
 */
export const completeEvents = (tx: Tx, projectId: string, ended: { eventId: string }[]) => tx`
  select signalbox.publish(${projectId}, array_to_json(coalesce(
    signalbox.complete_events(${projectId}, ${[...new Set(ended.map(({ eventId }) => eventId))]}::uuid[]), '{}')))`;
