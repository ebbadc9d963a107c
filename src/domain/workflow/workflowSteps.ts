import type { Sql } from "../../db/connection/client.ts";
import { type StoredStep, stepsOf } from "../../db/workflow/workflows.ts";
import type { SecretBox } from "../project/secretBox.ts";
import type { WorkflowStep } from "./workflowStep.ts";

type Workflow = { projectId: string; id: string };

/** The AAD of a step's sealed headers. */
export const headersContext = ({ projectId, id }: Workflow, stepId: string) =>
  `workflow_versions|headers|${id}:${stepId}|${projectId}`;

/** Steps as they are stored; headers are sealed because they may hold credentials. */
export const sealSteps = (box: SecretBox, of: Workflow, steps: WorkflowStep[]): StoredStep[] =>
  steps.map((step) => ({
    ...step,
    headers:
      Object.keys(step.headers).length === 0
        ? null
        : box.seal(JSON.stringify(step.headers), headersContext(of, step.id)),
  }));

/** Stored steps as their author wrote them. */
export const openSteps = (box: SecretBox, of: Workflow, steps: StoredStep[]): WorkflowStep[] =>
  steps.map((step) => ({
    ...step,
    headers:
      step.headers === null ? {} : JSON.parse(box.open(step.headers, headersContext(of, step.id))),
  }));

/** The steps of several workflow versions, by `workflowId version`. */
export async function readSteps(
  { sql, box }: { sql: Sql; box: SecretBox },
  projectId: string,
  versions: { workflowId: string; version: number }[],
): Promise<(of: { workflowId: string; version: number }) => WorkflowStep[]> {
  const keyOf = (of: { workflowId: string; version: number }) => `${of.workflowId} ${of.version}`;
  const distinct = [...new Map(versions.map((version) => [keyOf(version), version])).values()];
  const stored = await stepsOf(sql, projectId, distinct);
  const known = new Map(stored.map((one) => [keyOf(one), one.steps]));
  return (of) => {
    const steps = known.get(keyOf(of));
    if (!steps) throw new Error(`workflow ${of.workflowId} has no version ${of.version}`);
    return openSteps(box, { projectId, id: of.workflowId }, steps);
  };
}
