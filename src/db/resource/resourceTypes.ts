import type { Sql, Tx } from "../connection/client.ts";
import { stripNul } from "../page/stripNul.ts";
import type { resourceTypes } from "../schema/resourceTables.ts";

/** A resource type, and the event types that its changes emit. */
export type ResourceTypeRow = Omit<typeof resourceTypes.$inferSelect, "nextNumber" | "createdAt">;

const columns = (sql: Sql) => sql`r.project_id as "projectId", r.id, r.name,
  r.created_event as "createdEvent", r.updated_event as "updatedEvent", r.deleted_event as "deletedEvent"`;

/** All resource types of a project by name; there are few. */
export const resourceTypesOf = (sql: Sql, projectId: string) =>
  sql<ResourceTypeRow[]>`select ${columns(sql)} from signalbox.resource_types r
    where r.project_id = ${projectId} order by r.name`;

/** Resource types of one project by id; unknown ids and those of other projects are left out. */
export const resourceTypesById = (sql: Sql, projectId: string, ids: readonly string[]) =>
  sql<ResourceTypeRow[]>`select ${columns(sql)} from signalbox.resource_types r
    where r.project_id = ${projectId} and r.id = any(${ids as string[]}::uuid[])`;

export const resourceTypeByName = (sql: Sql, projectId: string, name: string) =>
  sql<ResourceTypeRow[]>`select ${columns(sql)} from signalbox.resource_types r
    where r.project_id = ${projectId} and r.name = ${stripNul(name)}`;

/** Inserts a resource type, or updates the events of an existing one, which keeps its number sequence. */
export const saveResourceType = (tx: Tx, type: ResourceTypeRow) => tx<ResourceTypeRow[]>`
  insert into signalbox.resource_types as r (project_id, id, name, created_event, updated_event, deleted_event)
  values (${type.projectId}, ${type.id}, ${type.name}, ${type.createdEvent}, ${type.updatedEvent},
    ${type.deletedEvent})
  on conflict (project_id, name) do update set created_event = excluded.created_event,
    updated_event = excluded.updated_event, deleted_event = excluded.deleted_event
  returning ${columns(tx)}`;

/** Takes the next number of a resource type. Other transactions wait for the end of this one. */
export async function takeNumber(tx: Tx, { projectId, id }: ResourceTypeRow): Promise<string> {
  const [row] = await tx<{ number: string }[]>`
    update signalbox.resource_types set next_number = next_number + 1
    where project_id = ${projectId} and id = ${id} returning (next_number - 1)::text as number`;
  if (!row) throw new Error(`resource type ${id} is gone`);
  return row.number;
}

/** Continues a resource type's numbers after one that a caller chose. */
export const skipNumber = (tx: Tx, { projectId, id }: ResourceTypeRow, taken: number) => tx`
  update signalbox.resource_types set next_number = ${taken + 1}
  where project_id = ${projectId} and id = ${id} and next_number <= ${taken}`;

/** The resource type of each of these event types; those without are left out. */
export const boundEvents = (sql: Sql, projectId: string, events: readonly string[]) => sql<
  { event: string; resourceType: string }[]
>`
  select distinct x.event, r.name as "resourceType"
  from unnest(${events.map(stripNul)}::text[]) as x(event)
  join signalbox.resource_types r on r.project_id = ${projectId}
    and (x.event in (r.created_event, r.updated_event, r.deleted_event) or exists (
      select from signalbox.event_types t where t.project_id = ${projectId} and t.name = x.event
        and t.resource_type = r.name and t.archived_at is null))`;
