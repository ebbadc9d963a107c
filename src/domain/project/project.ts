import type { Pool, Sql, Tx } from "../../db/connection/client.ts";
import { lockRow } from "../../db/connection/locks.ts";
import {
  allProjects,
  bumpConfigVersion,
  insertProject,
  type ProjectChange,
  type ProjectRow,
  projectsById,
  updateProjectRow,
} from "../../db/project/projects.ts";
import { newId } from "../../util/ids.ts";
import { audit } from "../audit/audit.ts";
import { checkLine } from "../input/singleLineText.ts";
import { addApiKey } from "./apiKey.ts";

const checkName = (name: string) => checkLine("name", name, 100);

/** A name as the readable part of a URL: `Billing (EU)` becomes `billing-eu`. */
const slugOf = (name: string) =>
  name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60) || "project";

async function insertNew(tx: Tx, name: string): Promise<ProjectRow> {
  const taken = new Set((await allProjects(tx)).map(({ slug }) => slug));
  const base = slugOf(name);
  let slug = base;
  for (let number = 2; taken.has(slug); number++) slug = `${base}-${number}`;
  const id = newId();
  await insertProject(tx, { id, name, slug, source: newId() });
  const [project] = await projectsById(tx, [id]);
  if (!project) throw new Error("the project is gone");
  await audit(tx, {
    projectId: id,
    action: "createProject",
    entity: ["Project", id],
    after: project,
  });
  return project;
}

/**
 * Creates a project and its first ADMIN key, whose plaintext is returned only here. Its `source` is a bare UUID (a
 * valid URI-reference, as CloudEvents requires) that never changes. Throws INVALID.
 */
export async function createProject(
  sql: Pool,
  name: string,
): Promise<{ project: ProjectRow; key: string }> {
  checkName(name);
  return sql.begin(async (tx) => {
    await lockRow(tx, "projects");
    const project = await insertNew(tx, name);
    const { key } = await addApiKey(tx, project.id, { name: "First key", role: "ADMIN" });
    return { project, key };
  });
}

/**
 * Creates the default project if it does not exist, however many processes boot at once. Returns the plaintext of its
 * first key when this call generated it; null when the project existed or the key was configured.
 */
export async function ensureDefaultProject(
  sql: Pool,
  given: string | undefined,
): Promise<string | null> {
  return sql.begin(async (tx) => {
    await lockRow(tx, "projects");
    if (await findProject(tx, "default")) return null;
    const project = await insertNew(tx, "Default");
    const chosen = given === undefined ? {} : { key: given };
    const { key } = await addApiKey(tx, project.id, {
      name: "First key",
      role: "ADMIN",
      ...chosen,
    });
    return given === undefined ? key : null;
  });
}

/** Changes a project's settings. They apply to the next emit in every process. */
export async function updateProject(
  sql: Pool,
  projectId: string,
  input: ProjectChange,
): Promise<ProjectRow> {
  if (input.name != null) checkName(input.name);
  return sql.begin(async (tx) => {
    await bumpConfigVersion(tx, projectId);
    const [before] = await projectsById(tx, [projectId]);
    await updateProjectRow(tx, projectId, input);
    const [project] = await projectsById(tx, [projectId]);
    if (!before || !project) throw new Error(`no project ${projectId}`);
    const entity = ["Project", projectId] as const;
    await audit(tx, { projectId, action: "updateProject", entity, before, after: project });
    return project;
  });
}

/** Finds a project by its id or slug. */
export async function findProject(sql: Sql, idOrSlug: string): Promise<ProjectRow | undefined> {
  return (await allProjects(sql)).find(({ id, slug }) => id === idOrSlug || slug === idOrSlug);
}
