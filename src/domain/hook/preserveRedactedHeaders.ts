import type { Pool } from "../../db/connection/client.ts";
import { stepsOf, workflowsById } from "../../db/workflow/workflows.ts";
import { isId } from "../../util/ids.ts";
import { UserError, type UserErrorDetail, userError } from "../../util/userError.ts";
import type { SecretBox } from "../project/secretBox.ts";
import type { StepInput } from "../workflow/workflowInput.ts";
import { openSteps } from "../workflow/workflowSteps.ts";
import { REDACTED } from "./redactedHeaders.ts";

/**
 * Replaces each header value of [redacted], as it is shown, by the value it had. Throws INVALID when it had none:
 * stored literally, it would be sent in place of a credential.
 */
export function preserveHeaders(given: unknown, before: Record<string, string>): unknown {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return given;
  const had = new Map(Object.entries(before).map(([name, value]) => [name.toLowerCase(), value]));
  const kept = Object.entries(given).map(([name, value]): [string, unknown] => {
    if (value !== REDACTED) return [name, value];
    const old = had.get(name.toLowerCase());
    if (old !== undefined) return [name, old];
    const message = `header ${name.toLowerCase()} has no value yet that ${REDACTED} could keep: send the value`;
    throw userError("INVALID", message, ["headers", name]);
  });
  return Object.fromEntries(kept);
}

/** `preserveHeaders` for the steps of a workflow, by their ids. */
export function preserveStepHeaders(
  steps: StepInput[],
  before: Map<string, Record<string, string>>,
): StepInput[] {
  const entries: UserErrorDetail[] = [];
  const kept = steps.map((step, position) => {
    try {
      return { ...step, headers: preserveHeaders(step.headers, before.get(step.id) ?? {}) };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const path = ["steps", String(position)];
      entries.push(...error.entries.map((entry) => ({ ...entry, path: [...path, ...entry.path] })));
      return step;
    }
  });
  if (entries.length > 0) throw new UserError(entries);
  return kept;
}

/** The current headers of a workflow's steps; null when there is no such workflow. */
export async function stepHeaders(
  sql: Pool,
  box: SecretBox,
  of: { projectId: string; id: string },
): Promise<Map<string, Record<string, string>> | null> {
  if (!isId(of.id)) return null;
  const [workflow] = await workflowsById(sql, of.projectId, [of.id]);
  const version = workflow && { workflowId: of.id, version: workflow.version };
  const [stored] = version ? await stepsOf(sql, of.projectId, [version]) : [];
  if (!stored) return null;
  return new Map(openSteps(box, of, stored.steps).map((step) => [step.id, step.headers]));
}
