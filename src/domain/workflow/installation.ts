import type { Pool } from "../../db/connection/client.ts";
import {
  deactivateInstallation,
  type InstallationRow,
  installationOf,
  upsertInstallation,
} from "../../db/workflow/installations.ts";
import { workflowsById } from "../../db/workflow/workflows.ts";
import { isId, newId } from "../../util/ids.ts";
import { jsonText } from "../../util/json/exactJson.ts";
import { isObject } from "../../util/json/isObject.ts";
import { userError } from "../../util/userError.ts";
import { audit } from "../audit/audit.ts";
import type { SecretBox } from "../project/secretBox.ts";
import { checkUserId, workflowLimits } from "./workflowInput.ts";

type Services = { sql: Pool; box: SecretBox };

/** The AAD of a user's sealed variables. */
export const variablesContext = (
  of: Pick<InstallationRow, "projectId" | "workflowId" | "userId">,
): string => `installations|variables|${of.workflowId}:${of.userId}|${of.projectId}`;

/** The template variable `user`, as JSON text. */
export const openVariables = (box: SecretBox, row: InstallationRow): string =>
  box.open(row.variables, variablesContext(row));

/** Checks a user's variables and returns them as JSON text. Throws INVALID. */
export function variablesText(variables: unknown): string {
  const invalid = (message: string) => userError("INVALID", message, ["variables"]);
  const given = variables ?? {};
  if (!isObject(given)) throw invalid('variables is an object such as {"slackUrl": "https://…"}');
  const text = jsonText(given);
  const bytes = Buffer.byteLength(text);
  if (bytes > workflowLimits.variablesBytes)
    throw invalid(
      `variables may take ${workflowLimits.variablesBytes} bytes (16 KiB) as JSON at most, these take ${bytes}`,
    );
  return text;
}

async function requireWorkflow(sql: Pool, projectId: string, id: string): Promise<void> {
  const [workflow] = isId(id) ? await workflowsById(sql, projectId, [id]) : [];
  if (!workflow) throw userError("NOT_FOUND", `no workflow ${id}`, ["workflowId"]);
}

/**
 * Installs a workflow for a user: from now on that user's events run it, once it is released. A repeated call replaces
 * the variables and reactivates the installation. Throws NOT_FOUND or INVALID.
 */
export async function installWorkflow(
  { sql, box }: Services,
  projectId: string,
  input: { workflowId: string; userId: string; variables?: unknown },
): Promise<InstallationRow> {
  const { workflowId, userId } = input;
  checkUserId(userId);
  const text = variablesText(input.variables);
  await requireWorkflow(sql, projectId, workflowId);
  const key = { projectId, workflowId, userId };
  const variables = box.seal(text, variablesContext(key));
  return sql.begin(async (tx) => {
    const before = await installationOf(tx, projectId, workflowId, userId);
    const [after] = await upsertInstallation(tx, { ...key, id: newId(), variables });
    if (!after) throw new Error("an installation was not written");
    const entity = ["Installation", after.id] as const;
    await audit(tx, { projectId, action: "installWorkflow", entity, before, after });
    return after;
  });
}

/**
 * Deactivates an installation: that user's events start no more runs; runs under way continue, and history stays.
 * Throws NOT_FOUND or INVALID.
 */
export async function uninstallWorkflow(
  sql: Pool,
  projectId: string,
  workflowId: string,
  userId: string,
): Promise<InstallationRow> {
  checkUserId(userId);
  await requireWorkflow(sql, projectId, workflowId);
  return sql.begin(async (tx) => {
    const before = await installationOf(tx, projectId, workflowId, userId);
    const [after] = await deactivateInstallation(tx, projectId, workflowId, userId);
    if (!before || !after)
      throw userError("NOT_FOUND", `workflow ${workflowId} is not installed for user '${userId}'`, [
        "userId",
      ]);
    const entity = ["Installation", after.id] as const;
    await audit(tx, { projectId, action: "uninstallWorkflow", entity, before, after });
    return after;
  });
}
