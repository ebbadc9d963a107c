import type { Sql, Tx } from "../connection/client.ts";
import type { heads } from "../schema/deliveryTables.ts";
import type { projects } from "../schema/tables.ts";

export type ProjectRow = Omit<typeof projects.$inferSelect, "signingSecrets"> &
  Pick<typeof heads.$inferSelect, "configVersion">;

const columns = (sql: Sql) => sql`p.id, p.name, p.slug, p.source,
  p.require_registered_types as "requireRegisteredTypes", p.system_events as "systemEvents",
  h.config_version::int as "configVersion", p.created_at as "createdAt"
  from signalbox.projects p join signalbox.heads h on h.project_id = p.id`;

export const projectsById = (sql: Sql, ids: readonly string[]) =>
  sql<ProjectRow[]>`select ${columns(sql)}
    where p.id = any(${ids as string[]}::uuid[]) and h.project_id = any(${ids as string[]}::uuid[])`;

/** All projects, oldest first. */
export const allProjects = (sql: Sql) =>
  sql<ProjectRow[]>`select ${columns(sql)} order by p.created_at, p.id`;

/** The current config version of each of these projects. */
export const configVersions = (sql: Sql, ids: string[]) =>
  sql<{ id: string; version: number }[]>`
    select project_id as id, config_version::int as version from signalbox.heads where project_id = any(${ids}::uuid[])`;

/**
 * Increments the project's config version: every process then reloads what emits depend on before its next batch. Locks
 * the project's head until commit, so that changes of one project's configuration come one after another.
 */
export async function bumpConfigVersion(tx: Tx, projectId: string): Promise<number> {
  const [row] = await tx<{ version: number }[]>`
    update signalbox.heads set config_version = config_version + 1 where project_id = ${projectId}
    returning config_version::int as version`;
  if (!row) throw new Error(`no project ${projectId}`);
  return row.version;
}

/** Inserts a project; its slug is unique. */
export const insertProject = (
  sql: Sql,
  project: { id: string; name: string; slug: string; source: string },
) => sql`
  with head as (insert into signalbox.heads (project_id) values (${project.id}))
  insert into signalbox.projects (id, name, slug, source)
  values (${project.id}, ${project.name}, ${project.slug}, ${project.source})`;

/** What may be changed of a project; what is null or absent stays. */
export type ProjectChange = {
  name?: string | null | undefined;
  requireRegisteredTypes?: boolean | null | undefined;
  systemEvents?: boolean | null | undefined;
};

export const updateProjectRow = (tx: Tx, projectId: string, change: ProjectChange) => tx`
  update signalbox.projects set name = coalesce(${change.name ?? null}, name),
    require_registered_types = coalesce(${change.requireRegisteredTypes ?? null}, require_registered_types),
    system_events = coalesce(${change.systemEvents ?? null}, system_events)
  where id = ${projectId}`;
