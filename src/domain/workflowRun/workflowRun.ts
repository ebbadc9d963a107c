/**
 * The life of a run: QUEUED ──> RUNNING ──> SUCCEEDED, or FAILED with the step that failed. A run is written with its
 * event, and moved on by `advance` jobs: the first begins its first step; each delivery of a step that ends queues
 * one more in its own transaction. What is to be done is read from the run, its latest step and that step's delivery,
 * and computed outside of any transaction, for templates may take their time. It is written under the run's lock, and
 * only if the run still stands as it was read; so moving on is safe to do twice. A run whose job is lost is found by
 * the reconciler.
 */
import type { Tx } from "../../db/connection/client.ts";
import { inTransaction } from "../../db/connection/inTransaction.ts";
import { isOutage, isTimeout } from "../../db/connection/outage.ts";
import type { HookQueue } from "../../db/queue/jobs.ts";
import { countRunFailure } from "../../db/workflow/runFailures.ts";
import { isSameStand, runStands } from "../../db/workflow/runState.ts";
import { type MovingRun, moveRuns } from "../../db/workflow/runSteps.ts";
import { lockedRuns } from "../../db/workflow/workflowRuns.ts";
import { nextMove, type OpenRun, type RunServices, readOpenRuns } from "./runMove.ts";

/** So often moving a run on may fail, but for outages; then it ends FAILED with the reason. */
const MAX_FAILURES = 5;
/** What is computed at once, as what it is computed from may be much. */
const RUNS_AT_ONCE = 5;
/** What was computed is written after so long. */
const WRITE_AFTER_MS = 200;

/** What went wrong with a run inside the hub. */
type RunFailure = { runId: string; error: unknown };

/**
 * Moves runs of a project on as far as they go by now; gives back the queues that have something to send, and what went
 * wrong. The signal ends it early: what was computed is written.
 */
export type RunAdvancer = (
  projectId: string,
  runIds: string[],
  signal?: AbortSignal,
) => Promise<{ queues: HookQueue[]; failed: RunFailure[] }>;

/** A move, and the run as it was when that was computed. */
type Planned = MovingRun & Pick<OpenRun, "stand">;

/** Makes the one function that moves runs on. */
export function createRunAdvancer(parts: Omit<RunServices, "patience">): RunAdvancer {
  const { sql } = parts;

  const write = (projectId: string, planned: Planned[]): Promise<HookQueue[]> =>
    inTransaction(sql, async (tx) => {
      const moving = await unchanged(tx, projectId, planned);
      await moveRuns(tx, projectId, moving);
      const begun = moving.filter(({ move }) => move.begun?.deliveryId);
      return begun.map(({ run }) => ({ projectId, hookId: run.workflowId }));
    });

  /** Those that the reconciler finds again; after so many failures a run ends. */
  async function fail(projectId: string, runId: string, error: unknown): Promise<RunFailure> {
    if (!isOutage(error) || isTimeout(error)) {
      await inTransaction(sql, async (tx) => {
        const failures = await countRunFailure(tx, projectId, runId);
        if (failures >= MAX_FAILURES) await giveUp(tx, projectId, runId, failures);
      });
    }
    return { runId, error };
  }

  return async (projectId, runIds, signal = new AbortController().signal) => {
    const queues: HookQueue[] = [];
    const failed: RunFailure[] = [];

    /** One commit for all; when it fails, one for each, so that one run's trouble is not the others'. */
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

/** Locks the runs, and leaves out those that somebody else has moved on meanwhile: their own wake-up goes on. */
async function unchanged(tx: Tx, projectId: string, planned: Planned[]): Promise<MovingRun[]> {
  const ids = planned.map(({ run }) => run.id);
  const locked = new Set((await lockedRuns(tx, projectId, ids)).map(({ id }) => id));
  const stands = await runStands(tx, projectId, ids);
  return planned.filter(
    ({ run, stand }) => locked.has(run.id) && isSameStand(stands.get(run.id), stand),
  );
}

/** Ends a run that the hub could not move on. */
async function giveUp(tx: Tx, projectId: string, runId: string, failures: number): Promise<void> {
  const [run] = await lockedRuns(tx, projectId, [runId]);
  if (!run) return;
  const stand = (await runStands(tx, projectId, [runId])).get(runId);
  const error = `an internal error, ${failures} times, while the run was moved on: the hub's log has it under this run's id`;
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
