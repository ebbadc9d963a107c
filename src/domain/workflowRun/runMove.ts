import type { Pool } from "../../db/connection/client.ts";
import { eventsById } from "../../db/event/events.ts";
import { projectsById } from "../../db/project/projects.ts";
import { installationOf } from "../../db/workflow/installations.ts";
import { lastAttempt, type RunStand, runStands } from "../../db/workflow/runState.ts";
import type { RunMove } from "../../db/workflow/runSteps.ts";
import { openRuns, type RunRow, stepRunsOf } from "../../db/workflow/workflowRuns.ts";
import { newId } from "../../util/ids.ts";
import type { Patience } from "../program/programs.ts";
import type { SecretBox } from "../project/secretBox.ts";
import { TemplateFailure } from "../template/templateFailure.ts";
import { openVariables } from "../workflow/installation.ts";
import type { StepTemplates } from "../workflow/stepTemplates.ts";
import type { WorkflowStep } from "../workflow/workflowStep.ts";
import { readSteps } from "../workflow/workflowSteps.ts";
import { stepOutput } from "./stepOutput.ts";
import { sealStepRequest } from "./stepRequest.ts";

export type RunServices = {
  sql: Pool;
  box: SecretBox;
  templates: StepTemplates;
  /** How long templates may wait for their project's share. */
  patience: Patience;
};

/** An open run, with the state that determines its next move. */
export type OpenRun = {
  run: RunRow;
  stand: RunStand | undefined;
  /** Throws when the steps cannot be read. */
  steps: () => WorkflowStep[];
};

/** Reads open runs without locks. A move computed from them is written only if their state is unchanged then. */
export async function readOpenRuns(
  { sql, box }: Pick<RunServices, "sql" | "box">,
  projectId: string,
  runIds: string[],
): Promise<OpenRun[]> {
  const runs = await openRuns(sql, projectId, runIds);
  const [stands, stepsOf] = await Promise.all([
    runStands(sql, projectId, runIds),
    readSteps({ sql, box }, projectId, runs),
  ]);
  return runs.map((run) => ({ run, stand: stands.get(run.id), steps: () => stepsOf(run) }));
}

const underWay = new Set(["PENDING", "RETRYING", "PARKED"]);
const failed = (step: WorkflowStep, why: string) => `step '${step.id}': ${why}`;

/** The next move of a run; null while the delivery of its latest step is under way. */
export async function nextMove(services: RunServices, open: OpenRun): Promise<RunMove | null> {
  const { run, stand } = open;
  if (!stand) return { ...(await begin(services, open, 0, [])), ended: null };
  const { position, deliveryId, deliveryStatus } = stand;
  if (deliveryStatus && underWay.has(deliveryStatus)) return null;
  const steps = open.steps();
  const step = steps[position];
  const answer = deliveryId && (await lastAttempt(services.sql, run.projectId, deliveryId));
  if (!step || !answer || !deliveryStatus)
    throw new Error(`run ${run.id} has lost the delivery of its step ${position}`);
  if (deliveryStatus !== "SUCCEEDED") {
    const ended = { position, status: "FAILED" as const, output: null };
    const error = failed(step, answer.lastError ?? `its delivery is ${deliveryStatus}`);
    return { status: "FAILED", error, ended, begun: null };
  }
  const output = stepOutput(answer);
  const ended = { position, status: "SUCCEEDED" as const, output };
  if (position + 1 === steps.length)
    return { status: "SUCCEEDED", error: null, ended, begun: null };
  return { ...(await begin(services, open, position + 1, [[step.id, output]])), ended };
}

/** Begins a step with its rendered request, or fails the run when a template cannot be rendered. */
async function begin(
  services: RunServices,
  { run, steps }: OpenRun,
  position: number,
  latest: [id: string, output: string][],
): Promise<Pick<RunMove, "status" | "error" | "begun">> {
  const { box, templates, patience } = services;
  const { projectId, id: runId } = run;
  const ids = steps().map(({ id }) => id);
  const step = steps()[position];
  if (!step) throw new Error(`run ${runId} has lost its step ${position}`);
  const { past, ...scope } = await scopeOf(services, run);
  const earlier = past.flatMap(({ position, output }): [string, string][] => {
    const id = ids[position];
    return id !== undefined && output !== null ? [[id, output]] : [];
  });
  try {
    const answers = [...earlier, ...latest];
    const request = await templates.render(projectId, step, { ...scope, answers }, patience);
    const begun = {
      position,
      deliveryId: newId(),
      request: sealStepRequest(box, { projectId, runId, position }, request),
      maxAttempts: step.retries + 1,
    };
    return { status: "RUNNING", error: null, begun };
  } catch (error) {
    if (!(error instanceof TemplateFailure)) throw error;
    const begun = { position, deliveryId: null };
    return { status: "FAILED", error: failed(step, error.message), begun };
  }
}

/**
 * The template variables of a run, except for the response that is not written yet. Read for one run at a time, because
 * they may be large.
 */
async function scopeOf({ sql, box }: RunServices, run: RunRow) {
  const { projectId, id, eventId, workflowId, userId } = run;
  const [[event], [project], installation, past] = await Promise.all([
    eventsById(sql, projectId, [eventId]),
    projectsById(sql, [projectId]),
    installationOf(sql, projectId, workflowId, userId),
    stepRunsOf(sql, projectId, [id]),
  ]);
  if (!event || !project || !installation)
    throw new Error(`run ${id} has lost its event or its user`);
  return { event, source: project.source, user: openVariables(box, installation), past };
}
