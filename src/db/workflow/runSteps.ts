import type { Tx } from "../connection/client.ts";
import { completeEvents, recordMoves } from "../delivery/record.ts";
import { writeToFeed } from "../feed/record.ts";
import { type RunRow, type RunStatus, recordRuns } from "./workflowRuns.ts";

/** One advance of a run: a step ends, the next begins, or the run ends. */
export type RunMove = {
  status: RunStatus;
  error: string | null;
  /** The step that ended; `output` is JSON text. */
  ended: { position: number; status: "SUCCEEDED" | "FAILED"; output: string | null } | null;
  /** The step that begins, with its delivery and sealed request, or that failed before anything was sent. */
  begun:
    | { position: number; deliveryId: string; request: string; maxAttempts: number }
    | { position: number; deliveryId: null }
    | null;
};

const updateRun = (tx: Tx, { projectId, id }: RunRow, { status, error }: RunMove) => tx`
  update signalbox.workflow_runs set status = ${status}, error = ${error}, moved_at = now(),
    started_at = least(started_at, statement_timestamp()),
    stopped_at = ${status === "SUCCEEDED" || status === "FAILED" ? tx`statement_timestamp()` : null}
  where project_id = ${projectId} and id = ${id}`;

const endStep = (tx: Tx, run: RunRow, ended: NonNullable<RunMove["ended"]>) => tx`
  update signalbox.step_runs set status = ${ended.status}, output = ${ended.output}::text::json,
    stopped_at = statement_timestamp()
  where project_id = ${run.projectId} and run_id = ${run.id} and position = ${ended.position}`;

/** A step whose request could not be built ends as it begins. */
const insertFailedStep = (tx: Tx, { projectId, id }: RunRow, position: number) => tx`
  insert into signalbox.step_runs (project_id, run_id, position, status, stopped_at)
  values (${projectId}, ${id}, ${position}, 'FAILED', statement_timestamp())`;

/** A step and its delivery, due now in the workflow's queue. */
const insertStep = (
  tx: Tx,
  { projectId, id, eventId, workflowId }: RunRow,
  step: { position: number; deliveryId: string; request: string; maxAttempts: number },
) => tx`
  with begun as (
    insert into signalbox.step_runs (project_id, run_id, position, status, delivery_id, request)
    values (${projectId}, ${id}, ${step.position}, 'RUNNING', ${step.deliveryId}, ${step.request})
  )
  insert into signalbox.queue (project_id, id, event_id, hook_id, format, status, max_attempts, due_at,
    run_id, step_position)
  values (${projectId}, ${step.deliveryId}, ${eventId}, ${workflowId}, 'STEP', 'PENDING', ${step.maxAttempts}, now(),
    ${id}, ${step.position})`;

/** A run and its advance. */
export type MovingRun = { run: RunRow; move: RunMove };

const statementsOf = (tx: Tx, { run, move }: MovingRun) => {
  const { ended, begun } = move;
  const step =
    begun &&
    (begun.deliveryId === null
      ? insertFailedStep(tx, run, begun.position)
      : insertStep(tx, run, begun));
  return [
    updateRun(tx, run, move),
    ...(ended ? [endStep(tx, run, ended)] : []),
    ...(step ? [step] : []),
  ];
};

/**
 * Advances runs of one project in the caller's transaction, which has locked them. All statements are sent at once, the
 * feed last.
 */
export async function moveRuns(tx: Tx, projectId: string, moving: MovingRun[]): Promise<void> {
  if (moving.length === 0) return;
  const deliveries = moving.flatMap(({ move: { begun } }) =>
    begun?.deliveryId ? [{ id: begun.deliveryId }] : [],
  );
  const over = moving.filter(
    ({ move: { status } }) => status === "SUCCEEDED" || status === "FAILED",
  );
  await writeToFeed(
    tx,
    projectId,
    moving.flatMap((one) => statementsOf(tx, one)),
    [
      recordRuns(
        tx,
        projectId,
        moving.map(({ run }) => run),
      ),
      ...(deliveries.length > 0 ? [recordMoves(tx, projectId, deliveries, true)] : []),
      ...(over.length > 0
        ? [
            completeEvents(
              tx,
              projectId,
              over.map(({ run }) => run),
            ),
          ]
        : []),
    ],
  );
}
