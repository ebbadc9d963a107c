import type { Tx } from "../connection/client.ts";
import { record } from "../feed/record.ts";

/** A delivery whose state has moved, as the statement that moved it returns it. */
export type MovedDelivery = {
  id: string;
  eventId: string;
  hookId: string;
  /** Null unless it is a step of a workflow's run. */
  runId: string | null;
  status: string;
};

/** The `returning` list of a statement that moves deliveries named `d`. */
export const movedColumns = (tx: Tx) =>
  tx`d.id, d.event_id as "eventId", d.hook_id as "hookId", d.run_id as "runId", d.status`;

/** The runs of workflows whose steps these deliveries were. */
export const runsOf = (
  projectId: string,
  moved: Pick<MovedDelivery, "runId">[],
): { projectId: string; runId: string }[] =>
  moved.flatMap(({ runId }) => (runId === null ? [] : [{ projectId, runId }]));

/** Feed items for deliveries as they now are. */
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
 * Ends the events of which every delivery and every run is over. The caller has locked the project's head, so that two
 * that each end one of an event's last deliveries see each other: no counter is needed that could drift.
 */
export const completeEvents = (tx: Tx, projectId: string, ended: { eventId: string }[]) => tx`
  select signalbox.publish(${projectId}, array_to_json(coalesce(
    signalbox.complete_events(${projectId}, ${[...new Set(ended.map(({ eventId }) => eventId))]}::uuid[]), '{}')))`;
