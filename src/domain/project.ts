import type { Pool, Sql } from "../db/client.ts";
import {
  allProjects,
  bumpConfigVersion,
  insertProject,
  type ProjectRow,
  projectsById,
} from "../db/projects.ts";
import { mistake } from "./errors.ts";
import { newId } from "./ids.ts";

const checkName = (name: string) => {
  if (!/^\P{Cc}{1,100}$/u.test(name)) {
    throw mistake("INVALID", "name must have 1 to 100 characters, no control characters", ["name"]);
  }
};

/** A name as the readable part of an address: `Billing (EU)` becomes `billing-eu`. */
const slugOf = (name: string) =>
  name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60) || "project";

/** Makes a project. Its `source` is a bare UUID (a URI-reference, as CloudEvents asks) that never changes. */
export async function createProject(sql: Pool, name: string): Promise<ProjectRow> {
  checkName(name);
  return sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(7278)`;
    const taken = new Set((await allProjects(tx)).map(({ slug }) => slug));
    const base = slugOf(name);
    let slug = base;
    for (let number = 2; taken.has(slug); number++) slug = `${base}-${number}`;
    const id = newId();
    await insertProject(tx, { id, name, slug, source: newId() });
    const [project] = await projectsById(tx, [id]);
    if (!project) throw new Error("the project is gone");
    return project;
  });
}

/** The default project, made at first boot; `created` tells whether this call made it. */
export async function ensureDefaultProject(
  sql: Pool,
): Promise<{ project: ProjectRow; created: boolean }> {
  const [first] = await allProjects(sql);
  if (first) return { project: first, created: false };
  return { project: await createProject(sql, "Default"), created: true };
}

/** Changes a project's settings; they hold for the next emit, in every process. */
export async function updateProject(
  sql: Pool,
  projectId: string,
  input: { name?: string | null | undefined; requireRegisteredTypes?: boolean | null | undefined },
): Promise<ProjectRow> {
  if (input.name != null) checkName(input.name);
  return sql.begin(async (tx) => {
    await bumpConfigVersion(tx, projectId);
    await tx`update signalbox.projects set name = coalesce(${input.name ?? null}, name),
      require_registered_types = coalesce(${input.requireRegisteredTypes ?? null}, require_registered_types)
      where id = ${projectId}`;
    const [project] = await projectsById(tx, [projectId]);
    if (!project) throw new Error(`no project ${projectId}`);
    return project;
  });
}

/** A project by its id or slug. */
export async function findProject(sql: Sql, idOrSlug: string): Promise<ProjectRow | undefined> {
  return (await allProjects(sql)).find(({ id, slug }) => id === idOrSlug || slug === idOrSlug);
}
