import type { Sql, Tx } from "../connection/client.ts";
import { stripNul } from "../page/stripNul.ts";
import type { Narrowed } from "../schema/narrowed.ts";
import type { eventTypes, eventTypeVersions as eventTypeVersionTable } from "../schema/tables.ts";

/** An event type as stored; `schema` (as given), `jsonSchema` and `example` are JSON text. */
export type EventTypeRow = Narrowed<
  Omit<typeof eventTypes.$inferSelect, "projectId">,
  { origin: "CUSTOM" | "CATALOG" }
>;

/** The select list of an `EventTypeRow`, from a table or row named `t`. */
export const eventTypeColumns = (
  sql: Sql,
) => sql`t.id, t.name, t.description, t.origin, t.catalog, t.version,
  t.schema::text, t.json_schema::text as "jsonSchema", t.example::text,
  t.created_at as "createdAt", t.archived_at as "archivedAt",
  t.resource_type as "resourceType"`;

/** Event types of one project by name, including archived ones; unknown names are left out. */
export const eventTypesByName = (sql: Sql, projectId: string, names: readonly string[]) =>
  sql<EventTypeRow[]>`select ${eventTypeColumns(sql)} from signalbox.event_types t
    where t.project_id = ${projectId} and t.name = any(${names.map(stripNul)}::text[])`;

/** Event types of one project by id, including archived ones; unknown ids and those of other projects are left out. */
export const eventTypesById = (sql: Sql, projectId: string, ids: readonly string[]) =>
  sql<EventTypeRow[]>`select ${eventTypeColumns(sql)} from signalbox.event_types t
    where t.project_id = ${projectId} and t.id = any(${ids as string[]}::uuid[])`;

/** `limit` + 1 event types in the order of their names, after or before one; backward: from the end. */
export const eventTypesByOrder = (
  sql: Sql,
  projectId: string,
  {
    limit,
    after,
    before,
    backward,
    withArchived,
  }: {
    limit: number;
    after: string | undefined;
    before: string | undefined;
    backward: boolean;
    withArchived: boolean;
  },
) => sql<EventTypeRow[]>`
  select ${eventTypeColumns(sql)} from signalbox.event_types t
  where t.project_id = ${projectId} and (t.archived_at is null or ${withArchived})
    and ${after === undefined ? sql`true` : sql`t.name > ${stripNul(after)}`}
    and ${before === undefined ? sql`true` : sql`t.name < ${stripNul(before)}`}
  order by t.name ${backward ? sql`desc` : sql`asc`} limit ${limit + 1}`;

/** The event types that emits need; archived ones count as not registered. */
export const loadEventTypes = (sql: Sql, projectId: string) =>
  sql<(Pick<EventTypeRow, "id" | "name" | "version"> & { hasSchema: boolean })[]>`
    select id, name, version, json_schema is not null as "hasSchema" from signalbox.event_types
    where project_id = ${projectId} and archived_at is null`;

/** The registered types that these patterns take, with their schemas; archived ones count as not registered. */
export const typesWithSchemas = (sql: Sql, projectId: string, patterns: readonly string[]) =>
  sql<Pick<EventTypeRow, "name" | "jsonSchema">[]>`
    select name, json_schema::text as "jsonSchema" from signalbox.event_types
    where project_id = ${projectId} and archived_at is null and (name = any(${patterns.map(stripNul)}::text[])
      or exists (select from unnest(${patterns.map(stripNul)}::text[]) as p(pattern)
        where pattern = '*' or right(pattern, 2) = '.*' and starts_with(name, left(pattern, -1))))
    order by name`;

/** The canonical schema of one version of a type, as JSON text. */
export const schemaOfVersion = (
  sql: Sql,
  { projectId, typeId, version }: { projectId: string; typeId: string; version: number },
) =>
  sql<{ jsonSchema: string | null }[]>`
    select json_schema::text as "jsonSchema" from signalbox.event_type_versions
    where project_id = ${projectId} and event_type_id = ${typeId} and version = ${version}`;

export type EventTypeVersionRow = Omit<typeof eventTypeVersionTable.$inferSelect, "projectId">;

/** All versions of these event types, newest first. */
export const eventTypeVersions = (sql: Sql, projectId: string, eventTypeIds: readonly string[]) =>
  sql<EventTypeVersionRow[]>`
    select event_type_id as "eventTypeId", version, schema::text, json_schema::text as "jsonSchema",
      created_at as "createdAt"
    from signalbox.event_type_versions
    where project_id = ${projectId} and event_type_id = any(${eventTypeIds as string[]}::uuid[])
    order by event_type_id, version desc`;

/** Locks the project's row until commit: changes of its event types come one after another. */
export const lockProject = (tx: Tx, projectId: string) =>
  tx`select from signalbox.projects where id = ${projectId} for no key update`;

/** The number of event types of the project, including archived ones. */
export const countEventTypes = (sql: Sql, projectId: string) =>
  sql<{ count: number }[]>`
    select count(*)::int as count from signalbox.event_types where project_id = ${projectId}`;

/** A registration of a type. */
export type RegisteredType = Omit<EventTypeRow, "createdAt" | "archivedAt">;

export const insertEventType = (tx: Tx, projectId: string, type: RegisteredType) =>
  tx<EventTypeRow[]>`
    insert into signalbox.event_types as t
      (project_id, id, name, description, origin, catalog, version, schema, json_schema, example,
        resource_type)
    values (${projectId}, ${type.id}, ${type.name}, ${type.description}, ${type.origin},
      ${type.catalog}, ${type.version}, ${type.schema}::text::json,
      ${type.jsonSchema}::text::json, ${type.example}::text::json, ${type.resourceType})
    returning ${eventTypeColumns(tx)}`;

/** Updates a registered type and removes its archived state. */
export const updateEventType = (tx: Tx, projectId: string, type: RegisteredType) =>
  tx<EventTypeRow[]>`
    update signalbox.event_types t set description = ${type.description},
      origin = ${type.origin}, catalog = ${type.catalog}, version = ${type.version},
      schema = ${type.schema}::text::json, json_schema = ${type.jsonSchema}::text::json,
      example = ${type.example}::text::json, resource_type = ${type.resourceType}, archived_at = null
    where t.project_id = ${projectId} and t.id = ${type.id}
    returning ${eventTypeColumns(tx)}`;

export const insertEventTypeVersion = (tx: Tx, projectId: string, type: RegisteredType) => tx`
  insert into signalbox.event_type_versions (project_id, event_type_id, version, schema, json_schema)
  values (${projectId}, ${type.id}, ${type.version}, ${type.schema}::text::json,
    ${type.jsonSchema}::text::json)`;

/** The catalogues with types in the project. */
export const installedCatalogs = (sql: Sql, projectId: string) =>
  sql<{ catalog: string }[]>`
    select distinct catalog from signalbox.event_types
    where project_id = ${projectId} and catalog is not null`;

export const markEventTypeArchived = (tx: Tx, projectId: string, id: string) =>
  tx<EventTypeRow[]>`
    update signalbox.event_types t set archived_at = now()
    where t.project_id = ${projectId} and t.id = ${id}
    returning ${eventTypeColumns(tx)}`;

/** Some of the live hooks that name the type exactly, oldest first. */
export const hooksNamingType = (sql: Sql, projectId: string, type: string) =>
  sql<{ id: string; name: string | null }[]>`
    select id, name from signalbox.hooks
    where project_id = ${projectId} and status <> 'DELETED' and types @> array[${type}]
    order by id limit 10`;
