/**
 * The life of a workflow: DRAFT ──release──> RELEASED ⇄ PAUSED. Only a RELEASED one starts runs; those under way go
 * on whatever becomes of it, each with the steps of the version it began with. Locks are taken in the one order:
 * its row in hooks (which is the workflow's lock, too), the project's row.
 */
import type { Pool } from "../../db/connection/client.ts";
import { violates } from "../../db/connection/violates.ts";
import { bumpConfigVersion } from "../../db/project/projects.ts";
import {
  countWorkflows,
  insertVersion,
  insertWorkflow,
  lockedWorkflow,
  type StoredStep,
  updateWorkflowRow,
  type WorkflowRow,
} from "../../db/workflow/workflows.ts";
import { isId, newId } from "../../util/ids.ts";
import { UserError, userError } from "../../util/userError.ts";
import { keepStepHeaders, stepHeaders } from "../hook/preserveRedactedHeaders.ts";
import type { CheckTarget } from "../hook/target.ts";
import { checkAll } from "../input/checkAll.ts";
import type { SecretBox } from "../project/secretBox.ts";
import type { StepTemplates } from "./stepTemplates.ts";
import {
  checkEventType,
  checkName,
  checkSteps,
  type StepInput,
  workflowLimits,
} from "./workflowInput.ts";
import type { WorkflowStep } from "./workflowStep.ts";
import { sealSteps } from "./workflowSteps.ts";
import { refusedTargets } from "./workflowTargets.ts";

/** What workflows need beside the database; `checkTarget` throws TARGET_REFUSED for what may not be called. */
export type WorkflowServices = {
  sql: Pool;
  box: SecretBox;
  checkTarget: CheckTarget;
  templates: StepTemplates;
};

/** Runs a write that may meet the unique name. */
async function nameFree<Result>(name: string, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    if (!violates(error, "workflows_name")) throw error;
    throw userError(
      "NAME_TAKEN",
      `a workflow named '${name}' exists already; names are unique in a project`,
      ["name"],
    );
  }
}

/** Throws TARGET_REFUSED. */
async function checkTargets(
  checkTarget: CheckTarget,
  projectId: string,
  steps: WorkflowStep[],
): Promise<void> {
  const entries = await refusedTargets((url) => checkTarget(url, projectId), steps);
  if (entries.length > 0) throw new UserError(entries);
}

/**
 * Makes a workflow, a DRAFT. Throws INVALID, TEMPLATE_INVALID, TARGET_REFUSED, NAME_TAKEN or LIMIT_REACHED.
 */
export async function createWorkflow(
  { sql, box, checkTarget, templates }: WorkflowServices,
  projectId: string,
  input: { name: string; eventType: string; steps: StepInput[] },
): Promise<WorkflowRow> {
  const { name, eventType } = input;
  const steps: WorkflowStep[] = [];
  await checkAll([
    () => checkName(name),
    () => checkEventType(eventType),
    async () => {
      const given = keepStepHeaders(input.steps, new Map());
      steps.push(...(await checkSteps(templates, projectId, given)));
    },
  ]);
  await checkTargets(checkTarget, projectId, steps);
  const now = new Date();
  const row: WorkflowRow = {
    projectId,
    id: newId(),
    name,
    eventType,
    status: "DRAFT",
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  return nameFree(name, () =>
    sql.begin(async (tx) => {
      // Locks the project's row, so that the count is right when the next is made.
      await bumpConfigVersion(tx, projectId);
      if ((await countWorkflows(tx, projectId)) >= workflowLimits.workflows)
        throw userError(
          "LIMIT_REACHED",
          `a project has at most ${workflowLimits.workflows} workflows`,
        );
      await insertWorkflow(tx, row);
      await insertVersion(tx, row, sealSteps(box, row, steps));
      return row;
    }),
  );
}

/** Locks a workflow, lets `change` give its new row and steps (null: nothing to do), and makes them count. */
async function changeWorkflow(
  sql: Pool,
  projectId: string,
  id: string,
  change: (workflow: WorkflowRow) => { row: WorkflowRow; steps?: StoredStep[] } | null,
): Promise<WorkflowRow> {
  if (!isId(id)) throw userError("NOT_FOUND", `no workflow ${id}`, ["id"]);
  return sql.begin(async (tx) => {
    const workflow = await lockedWorkflow(tx, projectId, id);
    if (!workflow) throw userError("NOT_FOUND", `no workflow ${id}`, ["id"]);
    const changed = change(workflow);
    if (!changed) return workflow;
    if (changed.steps) await insertVersion(tx, changed.row, changed.steps);
    await bumpConfigVersion(tx, projectId);
    await updateWorkflowRow(tx, changed.row);
    return { ...changed.row, updatedAt: new Date() };
  });
}

/**
 * Changes a workflow's name or steps; other steps are a new version, for runs that start from now on. A header given
 * as it is shown, [redacted], keeps its value. Throws as `createWorkflow` does, and NOT_FOUND.
 */
export async function updateWorkflow(
  { sql, box, checkTarget, templates }: WorkflowServices,
  projectId: string,
  id: string,
  input: { name?: string | null | undefined; steps?: StepInput[] | null | undefined },
): Promise<WorkflowRow> {
  const before = await stepHeaders(sql, box, { projectId, id });
  if (!before) throw userError("NOT_FOUND", `no workflow ${id}`, ["id"]);
  const steps: WorkflowStep[] = [];
  await checkAll([
    () => input.name != null && checkName(input.name),
    async () => {
      if (input.steps == null) return;
      const given = keepStepHeaders(input.steps, before);
      steps.push(...(await checkSteps(templates, projectId, given)));
    },
  ]);
  await checkTargets(checkTarget, projectId, steps);
  return nameFree(input.name ?? "", () =>
    changeWorkflow(sql, projectId, id, (workflow) => {
      const named = { ...workflow, name: input.name ?? workflow.name };
      if (input.steps == null) return { row: named };
      const row = { ...named, version: workflow.version + 1 };
      return { row, steps: sealSteps(box, row, steps) };
    }),
  );
}

/** Lets a workflow start runs; twice is the same as once. Throws NOT_FOUND. */
export const releaseWorkflow = (sql: Pool, projectId: string, id: string): Promise<WorkflowRow> =>
  changeWorkflow(sql, projectId, id, (workflow) =>
    workflow.status === "RELEASED" ? null : { row: { ...workflow, status: "RELEASED" } },
  );

/** Lets a workflow start no more runs; those under way go on. Throws NOT_FOUND, or NOT_ALLOWED_NOW for a DRAFT. */
export const pauseWorkflow = (sql: Pool, projectId: string, id: string): Promise<WorkflowRow> =>
  changeWorkflow(sql, projectId, id, (workflow) => {
    if (workflow.status === "DRAFT")
      throw userError("NOT_ALLOWED_NOW", `workflow ${id} is a draft: it starts no runs anyway`, [
        "id",
      ]);
    return workflow.status === "PAUSED" ? null : { row: { ...workflow, status: "PAUSED" } };
  });
