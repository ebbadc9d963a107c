import type { Sql, Tx } from "./client.ts";

export type ProjectRow = {
  id: string;
  name: string;
  slug: string;
  source: string;
  requireRegisteredTypes: boolean;
  systemEvents: boolean;
  configVersion: number;
  createdAt: Date;
};

const columns = (sql: Sql) => sql`id, name, slug, source,
  require_registered_types as "requireRegisteredTypes", system_events as "systemEvents", config_version::int as "configVersion",
  created_at as "createdAt"`;

/** The projects with these ids. */
export const projectsById = (sql: Sql, ids: readonly string[]) =>
  sql<
    ProjectRow[]
  >`select ${columns(sql)} from signalbox.projects where id = any(${ids as string[]}::uuid[])`;

/** Every project, oldest first. */
export const allProjects = (sql: Sql) =>
  sql<ProjectRow[]>`select ${columns(sql)} from signalbox.projects order by created_at, id`;

/** The current config version of each of these projects. */
export const configVersions = (sql: Sql, ids: string[]) =>
  sql<{ id: string; version: number }[]>`
    select id, config_version::int as version from signalbox.projects where id = any(${ids}::uuid[])`;

/**
 * Moves the project's config version: every process then reloads what emits depend on before its next batch.
 * Locks the project's row to commit, so that changes of one project's configuration come one after another.
 */
export async function bumpConfigVersion(tx: Tx, projectId: string): Promise<number> {
  const [row] = await tx<{ version: number }[]>`
    update signalbox.projects set config_version = config_version + 1 where id = ${projectId}
    returning config_version::int as version`;
  if (!row) throw new Error(`no project ${projectId}`);
  return row.version;
}

/** Inserts a project; its slug is unique. */
export const insertProject = (
  sql: Sql,
  project: { id: string; name: string; slug: string; source: string },
) => sql`
  insert into signalbox.projects (id, name, slug, source)
  values (${project.id}, ${project.name}, ${project.slug}, ${project.source})`;
