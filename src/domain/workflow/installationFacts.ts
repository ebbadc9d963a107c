import type { Sql } from "../../db/connection/client.ts";
import { stripNul } from "../../db/page/stripNul.ts";
import { activeInstallations, type InstallationKey } from "../../db/workflow/installations.ts";
import type { ProjectConfig } from "../project/projectConfig.ts";

export type InstallationFacts = {
  /** Whether the workflow is installed and active for the user. */
  isInstalled(workflowId: string, userId: string): boolean;
};

const keyOf = ({ workflowId, userId }: Omit<InstallationKey, "projectId">) =>
  `${workflowId} ${userId}`;

/** The active installations of the workflows that these events would run. Makes no query when there are none. */
export async function installationsNow(
  sql: Sql,
  events: { config: ProjectConfig; type: string; userId: string | null }[],
): Promise<InstallationFacts> {
  const keys = new Map<string, InstallationKey>();
  for (const { config, type, userId } of events) {
    if (userId === null) continue;
    for (const { id } of config.workflowsFor(type)) {
      const key = { projectId: config.projectId, workflowId: id, userId: stripNul(userId) };
      keys.set(keyOf(key), key);
    }
  }
  const found = keys.size > 0 ? await activeInstallations(sql, [...keys.values()]) : [];
  const installed = new Set(found.map(keyOf));
  return { isInstalled: (workflowId, userId) => installed.has(keyOf({ workflowId, userId })) };
}
