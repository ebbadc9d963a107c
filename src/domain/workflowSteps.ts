import type { Sql } from "../db/client.ts";
import { type StoredStep, stepsOf } from "../db/workflows.ts";
import type { SecretBox } from "./secretBox.ts";
import { type CompiledStep, compileStep, type WorkflowStep } from "./workflowStep.ts";

type Workflow = { projectId: string; id: string };

/** The AAD of a step's sealed headers. */
export const headersContext = ({ projectId, id }: Workflow, stepId: string) =>
  `workflow_versions|headers|${id}:${stepId}|${projectId}`;

/** Steps as they are stored: their headers may hold credentials. */
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

/** A step ready to be rendered. */
export type ReadyStep = CompiledStep & Pick<WorkflowStep, "id" | "retries">;

/** The steps of a version of a workflow, in order. */
export type StepsOfVersion = (
  sql: Sql,
  workflow: Workflow & { version: number },
) => Promise<ReadyStep[]>;

const MAX_REMEMBERED = 1_000;

/** Compiles each version once: it never changes. */
export function createSteps(box: SecretBox): StepsOfVersion {
  const known = new Map<string, ReadyStep[]>();
  return async (sql, workflow) => {
    const key = `${workflow.id} ${workflow.version}`;
    const remembered = known.get(key);
    if (remembered) return remembered;
    const { projectId, id, version } = workflow;
    const [stored] = await stepsOf(sql, projectId, [{ workflowId: id, version }]);
    if (!stored) throw new Error(`workflow ${id} has no version ${version}`);
    const steps = openSteps(box, workflow, stored.steps);
    const ids = steps.map((step) => step.id);
    const ready = steps.map((step, position) => ({
      id: step.id,
      retries: step.retries,
      ...compileStep(step, ids.slice(0, position)),
    }));
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(key, ready);
    return ready;
  };
}
