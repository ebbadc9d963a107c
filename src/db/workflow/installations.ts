import type { Sql } from "../connection/client.ts";
import { ofProjects } from "../nodes/across.ts";
import { idPagePerParent, type Page, type PageRequest } from "../page/page.ts";
import type { installations } from "../schema/workflowTables.ts";

/** A workflow installed for a user; `variables` is one sealed JSON object. */
export type InstallationRow = typeof installations.$inferSelect;

const columns = (sql: Sql) => sql`i.project_id as "projectId", i.id, i.workflow_id as "workflowId",
  i.user_id as "userId", i.active, i.variables, i.created_at as "createdAt", i.updated_at as "updatedAt"`;

/** Installations of one project by id; unknown ids and those of other projects are left out. */
export const installationsById = (sql: Sql, projectId: string, ids: readonly string[]) =>
  sql<InstallationRow[]>`select ${columns(sql)} from signalbox.installations i
    where i.project_id = ${projectId} and i.id = any(${ids as string[]}::uuid[])`;

/** A workflow's installation for a user, active or not. */
export async function installationOf(
  sql: Sql,
  projectId: string,
  workflowId: string,
  userId: string,
): Promise<InstallationRow | undefined> {
  const [row] = await sql<InstallationRow[]>`select ${columns(sql)} from signalbox.installations i
    where i.project_id = ${projectId} and i.workflow_id = ${workflowId} and i.user_id = ${userId}`;
  return row;
}

/** Installs a workflow for a user, or updates its variables. */
export const upsertInstallation = (
  sql: Sql,
  given: Pick<InstallationRow, "projectId" | "id" | "workflowId" | "userId" | "variables">,
) => sql<InstallationRow[]>`
  insert into signalbox.installations as i (project_id, id, workflow_id, user_id, active, variables)
  values (${given.projectId}, ${given.id}, ${given.workflowId}, ${given.userId}, true, ${given.variables})
  on conflict (project_id, workflow_id, user_id) do update set active = true, variables = excluded.variables,
    updated_at = excluded.updated_at
  returning ${columns(sql)}`;

/** Deactivates an installation; no row if there is none. */
export const deactivateInstallation = (
  sql: Sql,
  projectId: string,
  workflowId: string,
  userId: string,
) => sql<InstallationRow[]>`
  update signalbox.installations i set active = false, updated_at = now()
  where i.project_id = ${projectId} and i.workflow_id = ${workflowId} and i.user_id = ${userId}
  returning ${columns(sql)}`;

/** A workflow and a user of the project. */
export type InstallationKey = { projectId: string; workflowId: string; userId: string };

/** Those of the keys with an active installation. */
export const activeInstallations = (sql: Sql, keys: InstallationKey[]) =>
  sql<InstallationKey[]>`
    select i.project_id as "projectId", i.workflow_id as "workflowId", i.user_id as "userId"
    from unnest(${keys.map((key) => key.projectId)}::uuid[], ${keys.map((key) => key.workflowId)}::uuid[],
      ${keys.map((key) => key.userId)}::text[]) as x(project_id, workflow_id, user_id)
    join signalbox.installations i on i.project_id = x.project_id and i.workflow_id = x.workflow_id
      and i.user_id = x.user_id
      ${ofProjects(sql, sql`i.project_id`, keys)}
    where i.active`;

/** A page of installations of each of many workflows, newest first, in one statement. */
export async function installationsPerWorkflow(
  sql: Sql,
  projectId: string,
  workflowIds: readonly string[],
  request: PageRequest,
): Promise<Map<string, Page<InstallationRow>>> {
  const conditions = [sql`i.project_id = ${projectId}`, sql`i.workflow_id = x.parent`];
  const select = sql`select ${columns(sql)} from signalbox.installations i`;
  const parents = { values: workflowIds, type: "uuid" } as const;
  return idPagePerParent(sql, select, sql`i.id`, conditions, parents, request);
}
