import type { Pool } from "../db/client.ts";
import { stepsOf, workflowsById } from "../db/workflows.ts";
import { REDACTED } from "./hookHeaders.ts";
import { isId } from "./ids.ts";
import type { SecretBox } from "./secretBox.ts";
import type { StepInput } from "./workflowInput.ts";
import { openSteps } from "./workflowSteps.ts";

const headersOf = ({ headers }: StepInput): [string, unknown][] =>
  typeof headers === "object" && headers !== null && !Array.isArray(headers)
    ? Object.entries(headers)
    : [];

/** Steps of a change whose headers that are given as they are shown, [redacted], keep the values that they have. */
export async function keepHeaders(
  sql: Pool,
  box: SecretBox,
  of: { projectId: string; id: string },
  steps: StepInput[],
): Promise<StepInput[]> {
  const isShown = ([, value]: [string, unknown]) => value === REDACTED;
  if (!isId(of.id) || !steps.some((step) => headersOf(step).some(isShown))) return steps;
  const [workflow] = await workflowsById(sql, of.projectId, [of.id]);
  const version = workflow && { workflowId: of.id, version: workflow.version };
  const [stored] = version ? await stepsOf(sql, of.projectId, [version]) : [];
  if (!stored) return steps;
  const before = new Map(openSteps(box, of, stored.steps).map((step) => [step.id, step.headers]));
  return steps.map((step) => {
    const headers = headersOf(step);
    if (!headers.some(isShown)) return step;
    const had = new Map(Object.entries(before.get(step.id) ?? {}));
    return {
      ...step,
      headers: Object.fromEntries(
        headers.map(([name, value]) => [
          name,
          value === REDACTED ? (had.get(name) ?? value) : value,
        ]),
      ),
    };
  });
}
