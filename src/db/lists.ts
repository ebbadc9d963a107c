import type { Sql } from "./client.ts";
import { type DeliveryRow, type DeliveryStatus, deliveryColumns } from "./deliveries.ts";
import { type EventRow, type EventStatus, eventColumns } from "./events.ts";
import { type EventTypeRow, eventTypeColumns } from "./eventTypes.ts";
import { failingHookIds } from "./health.ts";
import { type HookRow, type HookStatus, hookColumns } from "./hooks.ts";
import { type Fragment, type Page, type PageRequest, pageClause, toPage } from "./page.ts";
import { statusIn } from "./statusIn.ts";
import { storable } from "./storable.ts";

type Maybe<Value> = Value | null | undefined;

/** The condition, when its value was given. */
const when = <Value>(value: Maybe<Value>, condition: (value: Value) => Fragment): Fragment[] =>
  value === null || value === undefined ? [] : [condition(value)];

/** `%text%` with LIKE's own characters taken literally. */
const containing = (text: string) => `%${storable(text).replace(/[\\%_]/g, "\\$&")}%`;

/**
 * Types named as hooks name them, SYSTEM events by their exact name alone; exact names alone, the common case, are
 * looked up in an index.
 */
export const ofTypes = (sql: Sql, types: string[]): Fragment =>
  types.some((type) => type.endsWith("*"))
    ? sql`(e.origin <> 'SYSTEM' or e.type = any(${types}::text[])) and exists (select from unnest(${types}::text[]) as p(pattern) where pattern in (e.type, '*')
        or (pattern like '%.*' and starts_with(e.type, left(pattern, -1))))`
    : sql`e.type = any(${types}::text[])`;

export type EventFilter = {
  types?: Maybe<string[]>;
  status?: Maybe<EventStatus[]>;
  category?: Maybe<string>;
  contextId?: Maybe<string>;
  userId?: Maybe<string>;
  subjectType?: Maybe<string>;
  subjectId?: Maybe<string>;
  search?: Maybe<string>;
  since?: Maybe<Date>;
  until?: Maybe<Date>;
};

/** A project's events, newest first. `search` looks in name, type and data. */
export async function listEvents(
  sql: Sql,
  projectId: string,
  filter: EventFilter,
  request: PageRequest,
): Promise<Page<EventRow>> {
  const conditions = [
    sql`e.project_id = ${projectId}`,
    filter.types ? ofTypes(sql, filter.types.map(storable)) : sql`e.origin <> 'SYSTEM'`,
    ...when(filter.status, (status) => sql`e.status = any(${status}::text[])`),
    ...when(filter.category, (category) => sql`e.category = ${storable(category)}`),
    ...when(filter.contextId, (contextId) => sql`e.context_id = ${storable(contextId)}`),
    ...when(filter.userId, (userId) => sql`e.user_id = ${storable(userId)}`),
    ...when(filter.subjectType, (type) => sql`e.subject_type = ${storable(type)}`),
    ...when(filter.subjectId, (id) => sql`e.subject_id = ${storable(id)}`),
    ...when(filter.since, (since) => sql`e.occurred_at >= ${since}`),
    ...when(filter.until, (until) => sql`e.occurred_at < ${until}`),
    ...when(filter.search, (search) => {
      const like = containing(search);
      return sql`(e.name ilike ${like} or e.type ilike ${like} or e.data::text ilike ${like})`;
    }),
  ];
  const rows = await sql<EventRow[]>`
    select ${eventColumns(sql)} from signalbox.events e ${pageClause(sql, sql`e.id`, conditions, request)}`;
  return toPage(rows, request);
}

export type HookListFilter = {
  status?: Maybe<HookStatus[]>;
  type?: Maybe<string>;
  search?: Maybe<string>;
  isFailing?: Maybe<boolean>;
};

const takesType = (sql: Sql, type: Fragment) =>
  sql`exists (select from unnest(h.types) as p(pattern) where pattern in (${type}, '*')
    or (pattern like '%.*' and starts_with(${type}, left(pattern, -1))))`;

/** A project's hooks, newest first; deleted ones only when `status` asks for them. `type`: those that take it. */
export async function listHooks(
  sql: Sql,
  projectId: string,
  filter: HookListFilter,
  request: PageRequest,
): Promise<Page<HookRow>> {
  const conditions = [
    sql`h.project_id = ${projectId}`,
    sql`h.kind = 'HOOK'`,
    filter.status ? sql`h.status = any(${filter.status}::text[])` : sql`h.status <> 'DELETED'`,
    ...when(filter.type, (type) => takesType(sql, sql`${storable(type)}::text`)),
    ...when(
      filter.search,
      (search) => sql`(h.name ilike ${containing(search)} or h.url ilike ${containing(search)})`,
    ),
    ...when(
      filter.isFailing,
      (isFailing) => sql`(h.id in (${failingHookIds(sql, projectId)})) = ${isFailing}`,
    ),
  ];
  const rows = await sql<HookRow[]>`
    select ${hookColumns(sql)} from signalbox.hooks h ${pageClause(sql, sql`h.id`, conditions, request)}`;
  return toPage(rows, request);
}

/** A page of the live hooks that take each of many event types, in one statement. */
export async function hooksPerType(
  sql: Sql,
  projectId: string,
  types: readonly string[],
  request: PageRequest,
): Promise<Map<string, Page<HookRow>>> {
  const conditions = [
    sql`h.project_id = ${projectId}`,
    sql`h.kind = 'HOOK'`,
    sql`h.status <> 'DELETED'`,
    takesType(sql, sql`x.type`),
  ];
  const rows = await sql<(HookRow & { taken: string })[]>`
    select x.type as taken, p.* from unnest(${types as string[]}::text[]) as x(type) cross join lateral (
      select ${hookColumns(sql)} from signalbox.hooks h ${pageClause(sql, sql`h.id`, conditions, request)}
    ) p`;
  const groups = Map.groupBy(rows, ({ taken }) => taken);
  return new Map(types.map((type) => [type, toPage(groups.get(type) ?? [], request)]));
}

export type DeliveryFilter = {
  hookId?: Maybe<string>;
  eventId?: Maybe<string>;
  status?: Maybe<DeliveryStatus[]>;
  since?: Maybe<Date>;
  until?: Maybe<Date>;
};

/** A project's deliveries, newest first. */
export async function listDeliveries(
  sql: Sql,
  projectId: string,
  filter: DeliveryFilter,
  request: PageRequest,
): Promise<Page<DeliveryRow>> {
  const conditions = [
    sql`d.project_id = ${projectId}`,
    ...when(filter.hookId, (hookId) => sql`d.hook_id = ${hookId}`),
    ...when(filter.eventId, (eventId) => sql`d.event_id = ${eventId}`),
    ...when(filter.status, (status) => statusIn(sql, status)),
    ...when(filter.since, (since) => sql`d.created_at >= ${since}`),
    ...when(filter.until, (until) => sql`d.created_at < ${until}`),
  ];
  const rows = await sql<DeliveryRow[]>`
    select ${deliveryColumns(sql)} from signalbox.deliveries d ${pageClause(sql, sql`d.id`, conditions, request)}`;
  return toPage(rows, request);
}

/** A page of deliveries for each of many hooks or events, in one statement. */
export async function deliveriesPerParent(
  sql: Sql,
  projectId: string,
  parent: "hookId" | "eventId",
  parentIds: readonly string[],
  status: Maybe<DeliveryStatus[]>,
  request: PageRequest,
): Promise<Map<string, Page<DeliveryRow>>> {
  // Where one hook has nearly all deliveries, a plan takes each for such a one and reads everybody's by id. Of a range
  // it doesn't know that it is one hook, and has to read in the order of the hooks' index.
  const isOfHook = parent === "hookId" && !status;
  const conditions = [
    sql`d.project_id = ${projectId}`,
    ...(isOfHook
      ? [sql`d.hook_id >= x.parent`, sql`d.hook_id <= x.parent`]
      : [parent === "hookId" ? sql`d.hook_id = x.parent` : sql`d.event_id = x.parent`]),
    ...when(status, (wanted) => statusIn(sql, wanted)),
  ];
  const rows = await sql<DeliveryRow[]>`
    select p.* from unnest(${parentIds as string[]}::uuid[]) as x(parent) cross join lateral (
      select ${deliveryColumns(sql)} from signalbox.deliveries d
      ${pageClause(sql, sql`d.id`, conditions, request, isOfHook ? sql`d.hook_id` : undefined)}
    ) p`;
  const groups = Map.groupBy(rows, (row) => row[parent]);
  return new Map(parentIds.map((id) => [id, toPage(groups.get(id) ?? [], request)]));
}

/** A project's event types in use, newest first. */
export async function listEventTypes(
  sql: Sql,
  projectId: string,
  filter: { search?: Maybe<string> },
  request: PageRequest,
): Promise<Page<EventTypeRow>> {
  const conditions = [
    sql`t.project_id = ${projectId}`,
    sql`t.archived_at is null`,
    ...when(filter.search, (search) => {
      const like = containing(search);
      return sql`(t.name ilike ${like} or t.description ilike ${like})`;
    }),
  ];
  const rows = await sql<EventTypeRow[]>`
    select ${eventTypeColumns(sql)} from signalbox.event_types t
    ${pageClause(sql, sql`t.id`, conditions, request)}`;
  return toPage(rows, request);
}
