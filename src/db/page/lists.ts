import type { Sql } from "../connection/client.ts";
import { type DeliveryRow, type DeliveryStatus, deliveryColumns } from "../delivery/deliveries.ts";
import { type Narrowing, narrowed, searchWeight } from "../delivery/narrowing.ts";
import { hasOnlyLost, isWaiting, LOST, statusIn, WAITING } from "../delivery/statusFilter.ts";
import { type EventTypeRow, eventTypeColumns } from "../eventType/eventTypes.ts";
import { type HookRow, type HookStatus, hookColumns } from "../hook/hooks.ts";
import { failingHookIds } from "../project/counters.ts";
import { boundedScanPage, MAX_NEAR_READS, MAX_RANDOM_READS } from "./boundedScan.ts";
import { boundedScanPerParent } from "./boundedScanPerParent.ts";
import { holds, type Maybe, when } from "./conditions.ts";
import { CLOCK_SKEW_MS, rangeOf } from "./minUuid7.ts";
import {
  allOf,
  type Fragment,
  idPage,
  idPagePerParent,
  type Page,
  type PageRequest,
} from "./page.ts";
import { stripNul } from "./stripNul.ts";

type HookListFilter = {
  userId?: Maybe<string>;
  status?: Maybe<HookStatus[]>;
  type?: Maybe<string>;
  search?: Maybe<string>;
  isFailing?: Maybe<boolean>;
};

const takesType = (sql: Sql, type: Fragment) =>
  sql`exists (select from unnest(h.types) as p(pattern) where pattern in (${type}, '*')
    or (pattern like '%.*' and starts_with(${type}, left(pattern, -1))))`;

/** A project's hooks, newest first; deleted ones only if `status` asks for them. `type`: only hooks that match it. */
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
    ...when(filter.userId, (userId) => sql`h.user_id = ${stripNul(userId)}`),
    ...when(filter.type, (type) => takesType(sql, sql`${stripNul(type)}::text`)),
    ...when(filter.search, (search) =>
      holds(sql, [sql`h.name`, sql`h.url`, sql`h.description`, sql`h.metadata::text`], search),
    ),
    ...when(
      filter.isFailing,
      (isFailing) => sql`(h.id in (${failingHookIds(sql, projectId)})) = ${isFailing}`,
    ),
  ];
  const select = sql`select ${hookColumns(sql)} from signalbox.hooks h`;
  return idPage(sql, select, sql`h.id`, conditions, request);
}

/** A page of the live hooks that match each of many event types, in one statement. */
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
    takesType(sql, sql`x.parent`),
  ];
  const select = sql`select ${hookColumns(sql)} from signalbox.hooks h`;
  const parents = { values: types, type: "text" } as const;
  return idPagePerParent(sql, select, sql`h.id`, conditions, parents, request);
}

export type DeliveryFilter = Narrowing & {
  hookId?: Maybe<string>;
  /** One of these; with `hookId`, that one if it is among them. */
  hookIds?: Maybe<string[]>;
  eventId?: Maybe<string>;
  status?: Maybe<DeliveryStatus[]>;
  since?: Maybe<Date>;
  until?: Maybe<Date>;
};

/** The hooks that are asked for; undefined for all. */
function hooksOf({ hookId, hookIds }: DeliveryFilter): string[] | undefined {
  if (!hookId) return hookIds ? [...new Set(hookIds)] : undefined;
  return !hookIds || hookIds.includes(hookId) ? [hookId] : [];
}

const deliveryList = (sql: Sql, projectId: string) => ({
  columns: deliveryColumns(sql),
  from: sql`signalbox.deliveries d`,
  name: sql`d`,
  id: sql`d.id`,
  within: [sql`d.project_id = ${projectId}`],
  cheapFilter: [],
});

/** A project's deliveries, newest first. */
export async function listDeliveries(
  sql: Sql,
  projectId: string,
  filter: DeliveryFilter,
  request: PageRequest,
): Promise<Page<DeliveryRow>> {
  const { eventId, status, since, until } = filter;
  const hookIds = hooksOf(filter);
  if (hookIds?.length === 0) return { rows: [], hasNext: false, hasPrevious: false };
  const { own, near, far } = narrowed(sql, projectId, filter);
  const isSearch = typeof filter.search === "string";
  // A list with `weight` has at most one value in its index key.
  const keys = isSearch && hookIds && hookIds.length > 1 ? undefined : hookIds;
  const [inStatus] = when(status, (wanted) => statusIn(sql, wanted));
  const list = deliveryList(sql, projectId);
  // All of these are in one table.
  const waiting = isWaiting(status) ? [statusIn(sql, WAITING)] : [];
  // An index has these in order, for all hooks together.
  const isLost = hasOnlyLost(status) && !hookIds;
  // No index has an event's deliveries in this order, but they are few: read all, then sort. The range condition with
  // `order by` makes the planner take the index on `event_id`, even while statistics say that the table is empty.
  const [ofEvent] = when(eventId, (id) =>
    allOf(sql, [...list.within, sql`d.event_id >= ${id} and d.event_id <= ${id}`]),
  );
  return boundedScanPage(
    sql,
    {
      ...list,
      from: ofEvent
        ? sql`(select * from ${list.from} where ${ofEvent} order by d.event_id offset 0) d`
        : list.from,
      within: [...list.within, ...waiting, ...(isLost ? [statusIn(sql, LOST)] : [])],
      indexKey: keys && { column: sql`d.hook_id`, type: sql`uuid`, values: keys },
      weight: isSearch ? searchWeight(sql, projectId) : undefined,
      residualFilter: [
        ...(hookIds && !keys ? [sql`d.hook_id = any(${hookIds}::uuid[])`] : []),
        ...(inStatus ? [inStatus] : []),
        ...when(since, (from) => sql`d.created_at >= ${from}`),
        ...when(until, (to) => sql`d.created_at < ${to}`),
        ...own,
        ...near,
        ...far,
      ],
      scanLimit:
        isLost || far.length > 0 ? MAX_RANDOM_READS : near.length > 0 ? MAX_NEAR_READS : undefined,
      range: rangeOf(since, until, CLOCK_SKEW_MS),
    },
    request,
  );
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
  const isOfHook = parent === "hookId";
  const list = deliveryList(sql, projectId);
  const inStatus = when(status, (wanted) => statusIn(sql, wanted));
  const waiting = isOfHook && isWaiting(status) ? [statusIn(sql, WAITING)] : [];
  return boundedScanPerParent<DeliveryRow>(
    sql,
    {
      ...list,
      within: [...list.within, ...waiting],
      parent: isOfHook ? sql`d.hook_id` : sql`d.event_id`,
      of: (row) => row[parent],
      isOrdered: isOfHook,
      // An event has few deliveries: no more than there are hooks.
      residualFilter: isOfHook ? inStatus : [],
      cheapFilter: isOfHook ? [] : inStatus,
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
    ...when(filter.search, (search) => holds(sql, [sql`t.name`, sql`t.description`], search)),
  ];
  const select = sql`select ${eventTypeColumns(sql)} from signalbox.event_types t`;
  return idPage(sql, select, sql`t.id`, conditions, request);
}
