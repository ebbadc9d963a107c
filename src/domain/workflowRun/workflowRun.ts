/**
 * The life of a run: QUEUED ──> RUNNING ──> SUCCEEDED, or FAILED with the step that failed. A run is written with its
 * event and advanced by `advance` jobs: the first job begins the first step; each ended delivery of a step queues
 * another in its own transaction. The next move is derived from the run, its latest step and that step's delivery,
 * outside of any transaction, because templates may take long. It is written under the run's lock, and only if the
 * run's state is unchanged, so advancing twice is safe. A run whose job is lost is found by the reconciler.
 */
import type { Tx } from "../../db/connection/client.ts";
import { isOutage, isTimeout } from "../../db/connection/outage.ts";
import type { HookQueue } from "../../db/queue/jobs.ts";
import { countRunFailure } from "../../db/workflow/runFailures.ts";
import { isSameStand, runStands } from "../../db/workflow/runState.ts";
import { type MovingRun, moveRuns } from "../../db/workflow/runSteps.ts";
import { lockedRuns } from "../../db/workflow/workflowRuns.ts";
import { nextMove, type OpenRun, type RunServices, readOpenRuns } from "./runMove.ts";

/** How often advancing a run may fail, outages not counted, before it ends as FAILED. */
const MAX_FAILURES = 5;
/** Moves computed at once; the state they are computed from may be large. */
const RUNS_AT_ONCE = 5;
/** Computed moves are written after this time. */
const WRITE_AFTER_MS = 200;

/** An internal error while a run was advanced. */
type RunFailure = { runId: string; error: unknown };

/**
 * Advances runs of a project as far as possible. Returns the hook queues with something to send, and the errors. The
 * signal ends it early; moves computed by then are written.
 */
export type RunAdvancer = (
  projectId: string,
  runIds: string[],
  signal?: AbortSignal,
) => Promise<{ queues: HookQueue[]; failed: RunFailure[] }>;

/** A move, and the state of the run from which it was computed. */
type Planned = MovingRun & Pick<OpenRun, "stand">;

/** Creates the function that advances runs. */
export function createRunAdvancer(parts: Omit<RunServices, "patience">): RunAdvancer {
  const { sql } = parts;

  const write = (projectId: string, planned: Planned[]): Promise<HookQueue[]> =>
    sql.begin(async (tx) => {
      const moving = await unchanged(tx, projectId, planned);
      await moveRuns(tx, projectId, moving);
      const begun = moving.filter(({ move }) => move.begun?.deliveryId);
      return begun.map(({ run }) => ({ projectId, hookId: run.workflowId }));
    });

  /** Records a failure. The reconciler finds the run again; after MAX_FAILURES it ends. */
  async function fail(projectId: string, runId: string, error: unknown): Promise<RunFailure> {
    if (!isOutage(error) || isTimeout(error)) {
      await sql.begin(async (tx) => {
        const failures = await countRunFailure(tx, projectId, runId);
        if (failures >= MAX_FAILURES) await giveUp(tx, projectId, runId, failures);
      });
    }
    return { runId, error };
  }

  return async (projectId, runIds, signal = new AbortController().signal) => {
    const queues: HookQueue[] = [];
    const failed: RunFailure[] = [];

    /**
     * One commit for all moves. When it fails, one commit per run, so that an error of one run does not affect the
     * others.
     */
    async function flush(planned: Planned[]): Promise<void> {
      try {
        if (planned.length > 0) queues.push(...(await write(projectId, planned)));
      } catch (error) {
        const [one, ...others] = planned;
        if (others.length > 0) for (const each of planned) await flush([each]);
        else if (one) failed.push(await fail(projectId, one.run.id, error));
      }
    }

    const services = { ...parts, patience: { until: signal } };
    const planned: Planned[] = [];
    async function plan(open: OpenRun): Promise<void> {
      const { run, stand } = open;
      try {
        const move = await nextMove(services, open);
        if (move) planned.push({ run, stand, move });
      } catch (error) {
        if (!signal.aborted) failed.push(await fail(projectId, run.id, error));
      }
    }

    const opened = await readOpenRuns(services, projectId, runIds);
    let writtenAt = performance.now();
    for (let at = 0; at < opened.length; at += RUNS_AT_ONCE) {
      await Promise.all(opened.slice(at, at + RUNS_AT_ONCE).map(plan));
      if (performance.now() - writtenAt < WRITE_AFTER_MS) continue;
      await flush(planned.splice(0));
      writtenAt = performance.now();
    }
    await flush(planned);
    return { queues, failed };
  };
}

/** Locks the runs and leaves out those that were advanced meanwhile: another job continues them. */
async function unchanged(tx: Tx, projectId: string, planned: Planned[]): Promise<MovingRun[]> {
  const ids = planned.map(({ run }) => run.id);
  const locked = new Set((await lockedRuns(tx, projectId, ids)).map(({ id }) => id));
  const stands = await runStands(tx, projectId, ids);
  return planned.filter(
    ({ run, stand }) => locked.has(run.id) && isSameStand(stands.get(run.id), stand),
  );
}

/** Ends a run that the hub could not advance. */
async function giveUp(tx: Tx, projectId: string, runId: string, failures: number): Promise<void> {
  const [run] = await lockedRuns(tx, projectId, [runId]);
  if (!run) return;
  const stand = (await runStands(tx, projectId, [runId])).get(runId);
  const error = `an internal error, ${failures} times, while the run was advanced: see the hub's log for this run's id`;
  const succeeded = stand?.deliveryStatus === "SUCCEEDED";
  const status = succeeded ? ("SUCCEEDED" as const) : ("FAILED" as const);
  await moveRuns(tx, projectId, [
    {
      run,
      move: {
        status: "FAILED",
        error,
        ended: stand ? { position: stand.position, status, output: null } : null,
        begun: stand ? null : { position: 0, deliveryId: null },
      },
    },
  ]);
}
