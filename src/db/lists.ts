import type { Sql } from "./client.ts";
import { type DeliveryRow, type DeliveryStatus, deliveryColumns } from "./deliveries.ts";
import { type EventRow, type EventStatus, eventColumns } from "./events.ts";
import { type EventTypeRow, eventTypeColumns } from "./eventTypes.ts";
import { foundPage, foundPerParent } from "./foundPage.ts";
import { failingHookIds } from "./health.ts";
import { type HookRow, type HookStatus, hookColumns } from "./hooks.ts";
import { leastIdAt } from "./leastId.ts";
import { allOf, type Fragment, type Page, type PageRequest, pageClause, toPage } from "./page.ts";
import { isLed, statusIn } from "./statusIn.ts";
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

/** States that few of very many events are in, and what follows from them: each has an index of its own. */
const waiting = (sql: Sql, status: Maybe<EventStatus[]>): Fragment[] => {
  if (status?.length !== 1) return [];
  if (status[0] === "SCHEDULED") return [sql`e.due_at is not null`];
  if (status[0] === "STAGED") return [sql`e.config_version is null and e.scheduled_for is null`];
  return [];
};

/** Ids come from a process and times from the database: signatures allow clocks to differ as much. */
const ROOM_MS = 300_000;
/** Events that happened so much before or after they came have an index of their own. */
const elsewhen = (sql: Sql) =>
  sql`(e.occurred_at - e.received_at) not between interval '-5 minutes' and interval '5 minutes'`;

/**
 * What the ids of a time's events lie between: ids begin with when an event came, which is about when it happened, unless
 * the emitter has said otherwise of one that happened in that time.
 */
async function idsOfTime(
  sql: Sql,
  projectId: string,
  since: Maybe<Date>,
  until: Maybe<Date>,
): Promise<Fragment[]> {
  if (!since && !until) return [];
  const then = allOf(sql, [
    ...when(since, (from) => sql`e.occurred_at >= ${from}`),
    ...when(until, (to) => sql`e.occurred_at < ${to}`),
  ]);
  const [other] = await sql`
    select from signalbox.events e
    where e.project_id = ${projectId} and ${elsewhen(sql)} and ${then} limit 1`;
  if (other) return [];
  return [
    ...when(since, (from) => sql`e.id >= ${leastIdAt(from.getTime() - 2 * ROOM_MS)}`),
    ...when(until, (to) => sql`e.id < ${leastIdAt(to.getTime() + 2 * ROOM_MS)}`),
  ];
}

/** A project's events, newest first. `search` looks in name, type and data. */
export async function listEvents(
  sql: Sql,
  projectId: string,
  filter: EventFilter,
  request: PageRequest,
): Promise<Page<EventRow>> {
  const types = filter.types?.map(storable);
  const areExact = types !== undefined && !types.some((type) => type.endsWith("*"));
  const few = waiting(sql, filter.status);
  const isOfSubjects = typeof filter.subjectType === "string";
  const subjectId = when(filter.subjectId, (id) => sql`e.subject_id = ${storable(id)}`);
  const led = [
    sql`e.project_id = ${projectId}`,
    ...few,
    ...(await idsOfTime(sql, projectId, filter.since, filter.until)),
    ...when(filter.contextId, (contextId) => sql`e.context_id = ${storable(contextId)}`),
    ...when(filter.userId, (userId) => sql`e.user_id = ${storable(userId)}`),
    ...when(filter.subjectType, (type) => sql`e.subject_type = ${storable(type)}`),
    ...(isOfSubjects ? subjectId : []),
  ];
  const status = when(filter.status, (status) => sql`e.status = any(${status}::text[])`);
  const sought = [
    ...(types && !areExact ? [ofTypes(sql, types)] : []),
    ...(few.length > 0 ? [] : status),
    ...when(filter.category, (category) => sql`e.category = ${storable(category)}`),
    ...(isOfSubjects ? [] : subjectId),
    ...when(filter.since, (since) => sql`e.occurred_at >= ${since}`),
    ...when(filter.until, (until) => sql`e.occurred_at < ${until}`),
    ...when(filter.search, (search) => {
      const like = containing(search);
      return sql`(e.name ilike ${like} or e.type ilike ${like} or e.data::text ilike ${like})`;
    }),
  ];
  const shown = [...(few.length > 0 ? status : []), ...(types ? [] : [sql`e.origin <> 'SYSTEM'`])];
  const list = { columns: eventColumns(sql), from: sql`signalbox.events e`, id: sql`e.id` };
  const oneOf = areExact ? { column: sql`e.type`, values: types } : undefined;
  return foundPage(sql, { ...list, led, oneOf, sought, shown }, request);
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
  const { hookId, status } = filter;
  const inStatus = when(status, (wanted) => statusIn(sql, wanted));
  const isFew = isLed(status, typeof hookId === "string");
  const led = [
    sql`d.project_id = ${projectId}`,
    ...when(hookId, (id) => sql`d.hook_id = ${id}`),
    ...when(filter.eventId, (id) => sql`d.event_id = ${id}`),
    ...(isFew ? inStatus : []),
    ...when(filter.since, (since) => sql`d.id >= ${leastIdAt(since.getTime() - ROOM_MS)}`),
    ...when(filter.until, (until) => sql`d.id < ${leastIdAt(until.getTime() + ROOM_MS)}`),
  ];
  const sought = [
    ...(isFew ? [] : inStatus),
    ...when(filter.since, (since) => sql`d.created_at >= ${since}`),
    ...when(filter.until, (until) => sql`d.created_at < ${until}`),
  ];
  const list = { columns: deliveryColumns(sql), from: sql`signalbox.deliveries d`, id: sql`d.id` };
  return foundPage(sql, { ...list, led, sought, shown: [] }, request);
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
  const list = { columns: deliveryColumns(sql), from: sql`signalbox.deliveries d`, id: sql`d.id` };
  const isOfHook = parent === "hookId";
  const inStatus = when(status, (wanted) => statusIn(sql, wanted));
  // An event has few: no more than hooks.
  const isSought = isOfHook && status && !isLed(status, true);
  return foundPerParent<DeliveryRow>(
    sql,
    {
      ...list,
      parent: isOfHook ? sql`d.hook_id` : sql`d.event_id`,
      of: (row) => row[parent],
      inOrder: isOfHook && (!status || Boolean(isSought)),
      led: [sql`d.project_id = ${projectId}`, ...(isSought ? [] : inStatus)],
      sought: isSought ? inStatus : [],
      shown: [],
    },
    parentIds,
    request,
  );
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
