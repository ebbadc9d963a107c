import type { Pool, Sql, Tx } from "../connection/client.ts";
import { record } from "../feed/record.ts";
import { ofProjects } from "../nodes/across.ts";
import { idPage, type Page, type PageRequest } from "../page/page.ts";
import { stripNul } from "../page/stripNul.ts";
import type { resources } from "../schema/resourceTables.ts";

/** A resource as stored; `attributes` is the JSON text of an object without `id`. */
export type ResourceRow = Omit<typeof resources.$inferSelect, "deletedAt">;

/** A resource's name, as callers give it. */
export type ResourceKey = Pick<ResourceRow, "projectId" | "type" | "resourceId">;

const columns = (sql: Sql) => sql`r.project_id as "projectId", r.id, r.type,
  r.resource_id as "resourceId", r.attributes::text as attributes, r.version, r.created_at as "createdAt",
  r.updated_at as "updatedAt"`;

const named = (sql: Sql, { projectId, type, resourceId }: ResourceKey) => sql`
  r.project_id = ${projectId} and r.type = ${stripNul(type)} and r.resource_id = ${stripNul(resourceId)}
    and r.deleted_at is null`;

/** The live resource with this name. */
export const resourceByKey = (sql: Sql, key: ResourceKey) =>
  sql<ResourceRow[]>`select ${columns(sql)} from signalbox.resources r where ${named(sql, key)}`;

/** Resources of one project by id, including deleted ones while they are kept. */
export const resourcesById = (sql: Sql, projectId: string, ids: readonly string[]) =>
  sql<ResourceRow[]>`select ${columns(sql)} from signalbox.resources r
    where r.project_id = ${projectId} and r.id = any(${ids as string[]}::uuid[])`;

/** The live resources of a type, newest first. */
export async function listResources(
  sql: Sql,
  projectId: string,
  type: string,
  request: PageRequest,
): Promise<Page<ResourceRow>> {
  const conditions = [
    sql`r.project_id = ${projectId}`,
    sql`r.type = ${stripNul(type)}`,
    sql`r.deleted_at is null`,
  ];
  const select = sql`select ${columns(sql)} from signalbox.resources r`;
  return idPage(sql, select, sql`r.id`, conditions, request);
}

/** The last known states of resources, including deleted ones; unknown ones are left out. */
export const lastKnown = (sql: Sql, keys: ResourceKey[]) => sql<
  Pick<ResourceRow, "projectId" | "type" | "resourceId" | "attributes">[]
>`
  select distinct on (r.project_id, r.type, r.resource_id) r.project_id as "projectId", r.type,
    r.resource_id as "resourceId", r.attributes::text as attributes
  from unnest(${keys.map((key) => key.projectId)}::uuid[], ${keys.map((key) => stripNul(key.type))}::text[],
    ${keys.map((key) => stripNul(key.resourceId))}::text[]) as x(project_id, type, resource_id)
  join signalbox.resources r on r.project_id = x.project_id and r.type = x.type and r.resource_id = x.resource_id
    ${ofProjects(sql, sql`r.project_id`, keys)}
  order by r.project_id, r.type, r.resource_id, r.deleted_at desc nulls first`;

/** Inserts a resource; no row if there is a live one with this name. */
export const insertResource = (
  tx: Tx,
  resource: ResourceKey & Pick<ResourceRow, "id" | "attributes">,
) => tx<ResourceRow[]>`
  insert into signalbox.resources as r (project_id, id, type, resource_id, attributes)
  values (${resource.projectId}, ${resource.id}, ${resource.type}, ${resource.resourceId},
    ${resource.attributes}::text::json)
  on conflict (project_id, type, resource_id, deleted_at) do nothing
  returning ${columns(tx)}`;

/** Replaces the attributes of a live resource. `before`: what they were. */
export const replaceAttributes = (tx: Tx, key: ResourceKey, attributes: string) => tx<
  (ResourceRow & { before: string })[]
>`
  update signalbox.resources r set attributes = ${attributes}::text::json, version = r.version + 1,
    updated_at = now()
  from (select r.id, r.attributes::text as before from signalbox.resources r where ${named(tx, key)} for update) o
  where r.id = o.id and ${named(tx, key)} returning ${columns(tx)}, o.before`;

/** Marks a live resource as deleted. Its last state is kept for a while. */
export const markDeleted = (tx: Tx, key: ResourceKey) => tx<ResourceRow[]>`
  update signalbox.resources r set deleted_at = now(), updated_at = now()
  where ${named(tx, key)} returning ${columns(tx)}`;

/** A feed item for a resource after a change. The caller has locked the project's head. */
export const recordResource = (
  tx: Tx,
  { projectId, id }: Pick<ResourceRow, "projectId" | "id">,
  created: boolean,
) =>
  record(
    tx,
    projectId,
    tx`
  select 'RESOURCE', id, null, null, ${created}::boolean, json_build_object('version', version,
    'attributes', attributes::text, 'updatedAt', updated_at)
  from signalbox.resources where project_id = ${projectId} and id = ${id}`,
  );

const CHUNK = 2_000;

/** Deletes the last states of resources that were deleted `days` days ago. */
export async function removeDeletedResources(sql: Pool, days: number): Promise<void> {
  const { count } = await sql`delete from signalbox.resources where (project_id, id) in (
    select project_id, id from signalbox.resources
    where deleted_at < now() - ${days} * interval '1 day' limit ${CHUNK})`;
  if (count === CHUNK) await removeDeletedResources(sql, days);
}
