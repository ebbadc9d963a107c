/**
 * The life of a run: QUEUED ──> RUNNING ──> SUCCEEDED, or FAILED with the step that failed. A run is written with its
 * event, and moved on by `advance` jobs: the first begins its first step; each delivery of a step that ends queues
 * one more in its own transaction. Moving on is safe to do twice: the run's row is locked, and what is to be done is
 * read from it, its latest step and that step's delivery. A run whose job is lost is found by the reconciler.
 */
import type { Pool, Tx } from "../db/client.ts";
import { inTransaction } from "../db/emits.ts";
import { eventsById } from "../db/events.ts";
import { installationOf } from "../db/installations.ts";
import type { Lane } from "../db/jobs.ts";
import { projectsById } from "../db/projects.ts";
import { moveRuns, type RunMove } from "../db/runSteps.ts";
import {
  lockedRuns,
  type RunRow,
  type StepRunRow,
  stepDelivery,
  stepRunsOf,
} from "../db/workflowRuns.ts";
import { eventScope } from "./eventScope.ts";
import { newId } from "./ids.ts";
import { openVariables } from "./installation.ts";
import type { SecretBox } from "./secretBox.ts";
import { stepOutput } from "./stepOutput.ts";
import { sealStepRequest } from "./stepRequest.ts";
import { TemplateFailure } from "./template.ts";
import { createSteps, type ReadyStep } from "./workflowSteps.ts";

type StepOutputs = Record<string, unknown>;

const failed = (step: ReadyStep, why: string) => `step '${step.id}': ${why}`;

/** Moves runs on as far as they go by now; gives back the lanes that have something to send, and what went wrong. */
export type RunAdvancer = (
  projectId: string,
  runIds: string[],
) => Promise<{ lanes: Lane[]; failed: unknown[] }>;

/** Makes the one function that moves runs on; the workflows it has met stay compiled. */
export function createRunAdvancer({ sql, box }: { sql: Pool; box: SecretBox }): RunAdvancer {
  const stepsOfVersion = createSteps(box);

  async function scopeOf(tx: Tx, run: RunRow, steps: StepOutputs): Promise<object> {
    const { projectId, eventId, workflowId, userId } = run;
    const [event] = await eventsById(tx, projectId, [eventId]);
    const [project] = await projectsById(tx, [projectId]);
    const installation = await installationOf(tx, projectId, workflowId, userId);
    if (!event || !project || !installation)
      throw new Error(`run ${run.id} has lost its event or its user`);
    return { ...eventScope(event, project.source), user: openVariables(box, installation), steps };
  }

  /** The next step with what it sends; or, when a template has no value for something, why it fails. */
  async function begin(
    tx: Tx,
    run: RunRow,
    step: ReadyStep,
    position: number,
    outputs: StepOutputs,
  ): Promise<Pick<RunMove, "status" | "error" | "begun">> {
    try {
      const request = step.render(await scopeOf(tx, run, outputs));
      const begun = {
        position,
        deliveryId: newId(),
        request: sealStepRequest(
          box,
          { projectId: run.projectId, runId: run.id, position },
          request,
        ),
        maxAttempts: step.retries + 1,
      };
      return { status: "RUNNING", error: null, begun };
    } catch (error) {
      if (!(error instanceof TemplateFailure)) throw error;
      const begun = { position, deliveryId: null };
      return { status: "FAILED", error: failed(step, error.message), begun };
    }
  }

  /** What is to happen to a run now, after these steps; null while the delivery of the latest is under way. */
  async function nextMove(tx: Tx, run: RunRow, past: StepRunRow[]): Promise<RunMove | null> {
    const steps = await stepsOfVersion(tx, { ...run, id: run.workflowId });
    const latest = past.at(-1);
    const step = latest && steps[latest.position];
    // Of no prototype: a step may be called `__proto__`.
    const outputs: StepOutputs = Object.create(null);
    for (const { position, output } of past) {
      const id = steps[position]?.id;
      if (id !== undefined && output !== null) outputs[id] = JSON.parse(output);
    }
    if (!latest || !step) {
      const [first] = steps;
      if (!first) throw new Error(`workflow ${run.workflowId} has no steps`);
      return { ...(await begin(tx, run, first, 0, outputs)), ended: null };
    }
    const delivery =
      latest.deliveryId && (await stepDelivery(tx, run.projectId, latest.deliveryId));
    if (!delivery) throw new Error(`run ${run.id} has lost the delivery of step '${step.id}'`);
    const { position } = latest;
    if (["PENDING", "RETRYING", "PARKED"].includes(delivery.status)) return null;
    if (delivery.status !== "SUCCEEDED") {
      const ended = { position, status: "FAILED" as const, output: null };
      const error = failed(step, delivery.lastError ?? `its delivery is ${delivery.status}`);
      return { status: "FAILED", error, ended, begun: null };
    }
    const output = stepOutput(delivery);
    const ended = { position, status: "SUCCEEDED" as const, output: JSON.stringify(output) };
    const next = steps[position + 1];
    if (!next) return { status: "SUCCEEDED", error: null, ended, begun: null };
    outputs[step.id] = output;
    return { ...(await begin(tx, run, next, position + 1, outputs)), ended };
  }

  const advanceTogether = (projectId: string, runIds: string[]): Promise<Lane[]> =>
    inTransaction(sql, async (tx) => {
      const runs = await lockedRuns(tx, projectId, runIds);
      const past = Map.groupBy(await stepRunsOf(tx, projectId, runIds), ({ runId }) => runId);
      const moves = await Promise.all(
        runs.map(async (run) => ({ run, move: await nextMove(tx, run, past.get(run.id) ?? []) })),
      );
      const moving = moves.flatMap(({ run, move }) => (move ? [{ run, move }] : []));
      await moveRuns(tx, moving);
      const begun = moving.filter(({ move }) => move.begun?.deliveryId);
      return begun.map(({ run }) => ({ projectId, hookId: run.workflowId }));
    });

  /** One commit for all runs; when it fails, one for each, so that one run's trouble is not the others'. */
  return async (projectId, runIds) => {
    try {
      return { lanes: await advanceTogether(projectId, runIds), failed: [] };
    } catch (error) {
      if (runIds.length < 2) return { lanes: [], failed: [error] };
    }
    const lanes: Lane[] = [];
    const failed: unknown[] = [];
    for (const runId of runIds) {
      await advanceTogether(projectId, [runId]).then(
        (some) => lanes.push(...some),
        (error) => failed.push(error),
      );
    }
    return { lanes, failed };
  };
}
