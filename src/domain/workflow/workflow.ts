/**
 * The life of a workflow: DRAFT ──release──> RELEASED ⇄ PAUSED. Only a RELEASED one starts runs. Runs under way
 * continue in every state, each with the steps of the version it began with. Locks are taken in this order: its row in
 * hooks (which is also the workflow's lock), the project's row.
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
  stepsOf,
  updateWorkflowRow,
  type WorkflowRow,
} from "../../db/workflow/workflows.ts";
import { isId, newId } from "../../util/ids.ts";
import { UserError, userError } from "../../util/userError.ts";
import { audit } from "../audit/audit.ts";
import type { AuditAction } from "../audit/auditAction.ts";
import { preserveStepHeaders, stepHeaders } from "../hook/preserveRedactedHeaders.ts";
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
import { stepTargetErrors } from "./workflowTargets.ts";

/** The services that workflows need. `checkTarget` throws TARGET_REFUSED for a target that may not be called. */
export type WorkflowServices = {
  sql: Pool;
  box: SecretBox;
  checkTarget: CheckTarget;
  templates: StepTemplates;
};

/** Runs a write and turns a violation of the unique name into NAME_TAKEN. */
async function withUniqueName<Result>(name: string, write: () => Promise<Result>): Promise<Result> {
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
  const entries = await stepTargetErrors((url) => checkTarget(url, projectId), steps);
  if (entries.length > 0) throw new UserError(entries);
}

/** Creates a workflow in state DRAFT. Throws INVALID, TEMPLATE_INVALID, TARGET_REFUSED, NAME_TAKEN or LIMIT_REACHED. */
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
      const given = preserveStepHeaders(input.steps, new Map());
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
  return withUniqueName(name, () =>
    sql.begin(async (tx) => {
      // Locks the project's row, so that concurrent calls count each other's workflow.
      await bumpConfigVersion(tx, projectId);
      if ((await countWorkflows(tx, projectId)) >= workflowLimits.workflows)
        throw userError(
          "LIMIT_REACHED",
          `a project has at most ${workflowLimits.workflows} workflows`,
        );
      const sealed = sealSteps(box, row, steps);
      await insertWorkflow(tx, row);
      await insertVersion(tx, row, sealed);
      const entity = ["Workflow", row.id] as const;
      const after = { ...row, steps: sealed };
      await audit(tx, { projectId, action: "createWorkflow", entity, after });
      return row;
    }),
  );
}

/** Locks a workflow, writes the row and steps that `change` returns (null: no change), and publishes them. */
async function changeWorkflow(
  sql: Pool,
  projectId: string,
  id: string,
  action: AuditAction,
  change: (workflow: WorkflowRow) => { row: WorkflowRow; steps?: StoredStep[] } | null,
): Promise<WorkflowRow> {
  if (!isId(id)) throw userError("NOT_FOUND", `no workflow ${id}`, ["id"]);
  return sql.begin(async (tx) => {
    const workflow = await lockedWorkflow(tx, projectId, id);
    if (!workflow) throw userError("NOT_FOUND", `no workflow ${id}`, ["id"]);
    const changed = change(workflow);
    if (!changed) return workflow;
    const [was] = changed.steps
      ? await stepsOf(tx, projectId, [{ workflowId: id, version: workflow.version }])
      : [];
    await audit(tx, {
      projectId,
      action,
      entity: ["Workflow", workflow.id],
      before: { ...workflow, steps: was?.steps },
      after: { ...changed.row, steps: changed.steps },
    });
    if (changed.steps) await insertVersion(tx, changed.row, changed.steps);
    await bumpConfigVersion(tx, projectId);
    await updateWorkflowRow(tx, changed.row);
    return { ...changed.row, updatedAt: new Date() };
  });
}

/**
 * Changes a workflow's name or steps. New steps make a new version, for runs that start from now on. A header sent as
 * [redacted] keeps its value. Throws as `createWorkflow` does, and NOT_FOUND.
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
      const given = preserveStepHeaders(input.steps, before);
      steps.push(...(await checkSteps(templates, projectId, given)));
    },
  ]);
  await checkTargets(checkTarget, projectId, steps);
  return withUniqueName(input.name ?? "", () =>
    changeWorkflow(sql, projectId, id, "updateWorkflow", (workflow) => {
      const named = { ...workflow, name: input.name ?? workflow.name };
      if (input.steps == null) return { row: named };
      const row = { ...named, version: workflow.version + 1 };
      return { row, steps: sealSteps(box, row, steps) };
    }),
  );
}

/** Lets a workflow start runs. Idempotent. Throws NOT_FOUND. */
export const releaseWorkflow = (sql: Pool, projectId: string, id: string): Promise<WorkflowRow> =>
  changeWorkflow(sql, projectId, id, "releaseWorkflow", (workflow) =>
    workflow.status === "RELEASED" ? null : { row: { ...workflow, status: "RELEASED" } },
  );

/** Stops a workflow from starting runs; runs under way continue. Throws NOT_FOUND, or NOT_ALLOWED_NOW for a DRAFT. */
export const pauseWorkflow = (sql: Pool, projectId: string, id: string): Promise<WorkflowRow> =>
  changeWorkflow(sql, projectId, id, "pauseWorkflow", (workflow) => {
    if (workflow.status === "DRAFT")
      throw userError("NOT_ALLOWED_NOW", `workflow ${id} is a draft: it starts no runs anyway`, [
        "id",
      ]);
    return workflow.status === "PAUSED" ? null : { row: { ...workflow, status: "PAUSED" } };
  });
