import type { Sql } from "../connection/client.ts";
import { healthTypes } from "../hook/hookHealth.ts";
import {
  boundedScanPage,
  type IndexKey,
  MAX_RANDOM_READS,
  type ScanList,
} from "../page/boundedScan.ts";
import { holds, type Maybe, when } from "../page/conditions.ts";
import { CLOCK_SKEW_MS, rangeOf } from "../page/minUuid7.ts";
import { allOf, type Fragment, type Page, type PageRequest } from "../page/page.ts";
import { stripNul } from "../page/stripNul.ts";
import { type EventHead, type EventRow, type EventStatus, eventColumns } from "./events.ts";

/**
 * A filter by types, with patterns as in hooks. SYSTEM events match by their exact name only, unless they are about hooks' health. Exact names alone, the
 * common case, use an index.
 */
export const ofTypes = (sql: Sql, types: string[]): Fragment =>
  types.some((type) => type.endsWith("*"))
    ? sql`(e.origin <> 'SYSTEM' or e.type = any(${[...types, ...healthTypes]}::text[])) and exists (select from unnest(${types}::text[]) as p(pattern) where pattern in (e.type, '*')
        or (pattern like '%.*' and starts_with(e.type, left(pattern, -1))))`
    : sql`e.type = any(${types}::text[])`;

export type EventFilter = {
  types?: Maybe<string[]>;
  status?: Maybe<EventStatus[]>;
  category?: Maybe<string>;
  contextId?: Maybe<string>;
  userId?: Maybe<string>;
  channel?: Maybe<string>;
  tag?: Maybe<string>;
  subjectType?: Maybe<string>;
  subjectId?: Maybe<string>;
  search?: Maybe<string>;
  since?: Maybe<Date>;
  until?: Maybe<Date>;
};

/** A condition for states that few of many events are in; each has an index. */
const selectiveStatus = (sql: Sql, status: Maybe<EventStatus[]>): Fragment | undefined => {
  if (status?.length !== 1) return undefined;
  if (status[0] === "SCHEDULED") return sql`e.due_at is not null`;
  if (status[0] === "STAGED") return sql`e.config_version is null and e.scheduled_for is null`;
  return undefined;
};

/** Indexes that find events, best first: each has one column and the ids. */
function indexKeysOf(sql: Sql, filter: EventFilter, exactTypes: string[] | undefined): IndexKey[] {
  const type = sql`text`;
  return [
    ...(typeof filter.subjectType === "string"
      ? when(filter.subjectId, (id) => ({
          column: sql`e.subject_id`,
          type,
          values: [stripNul(id)],
        }))
      : []),
    ...when(filter.contextId, (id) => ({
      column: sql`e.context_id`,
      type,
      values: [stripNul(id)],
    })),
    ...when(filter.userId, (id) => ({ column: sql`e.user_id`, type, values: [stripNul(id)] })),
    ...when(exactTypes, (types) => ({ column: sql`e.type`, type, values: [...new Set(types)] })),
  ];
}

/**
 * Bounds of the ids of events in a time span. Ids begin with the time of acceptance, which is about when the event
 * happened, unless the emitter gave another time. Events that came late have ids after their time, those dated ahead
 * have ids before it. Both have an index of their own.
 */
async function idRangeOfTime(
  sql: Sql,
  projectId: string,
  since: Maybe<Date>,
  until: Maybe<Date>,
): Promise<ScanList["range"]> {
  if (!since && !until) return {};
  const then = allOf(sql, [
    sql`e.project_id = ${projectId}`,
    ...when(since, (from) => sql`e.occurred_at >= ${from}`),
    ...when(until, (to) => sql`e.occurred_at < ${to}`),
  ]);
  const events = sql`exists (select from signalbox.events e where ${then}`;
  const [found] = await sql<{ isLate: boolean; isAhead: boolean }[]>`
    select ${events} and e.received_at - e.occurred_at > interval '5 minutes') as "isLate",
      ${events} and e.occurred_at - e.received_at > interval '5 minutes') as "isAhead"`;
  return rangeOf(found?.isAhead ? null : since, found?.isLate ? null : until, 2 * CLOCK_SKEW_MS);
}

/** The condition that an event named `e` has a text in its name, type or data. */
export const inEvent = (sql: Sql, search: string): Fragment =>
  holds(sql, [sql`e.name`, sql`e.type`, sql`e.data::text`], search);

/** The data of an event named `e`, and an estimate of its length: it may be stored compressed. */
export const dataWeight = (sql: Sql) => ({
  text: sql`e.data`,
  guess: sql`coalesce(pg_column_size(e.data), 0) * case when pg_column_compression(e.data) is null then 1 else 4 end`,
});

/** A project's events, newest first. `search` covers name, type and data. `columns` yield a `Row`. */
export async function listEvents<Row extends EventHead = EventRow>(
  sql: Sql,
  projectId: string,
  filter: EventFilter,
  request: PageRequest,
  columns = eventColumns(sql),
): Promise<Page<Row>> {
  const types = filter.types?.map(stripNul);
  const isSearch = typeof filter.search === "string";
  const areExact =
    types !== undefined &&
    !types.some((type) => type.endsWith("*")) &&
    // A list with `weight` has at most one value in its index key.
    (!isSearch || types.length === 1);
  const [indexKey, ...others] = indexKeysOf(sql, filter, areExact ? types : undefined);
  const subjectType = when(filter.subjectType, (type) => sql`e.subject_type = ${stripNul(type)}`);
  const isOfSubject =
    typeof filter.subjectType === "string" && typeof filter.subjectId === "string";
  const selectiveFilter = selectiveStatus(sql, filter.status);
  const status = when(filter.status, (status) => sql`e.status = any(${status}::text[])`);
  const residualFilter = [
    ...others.map(({ column, values }) => sql`${column} = any(${values}::text[])`),
    ...(types && !areExact ? [ofTypes(sql, types)] : []),
    ...(selectiveFilter ? [] : status),
    ...when(filter.category, (category) => sql`e.category = ${stripNul(category)}`),
    ...when(filter.channel, (channel) => sql`${stripNul(channel)} = any(e.channels)`),
    ...when(filter.tag, (tag) => sql`${stripNul(tag)} = any(e.tags)`),
    ...(isOfSubject ? [] : subjectType),
    ...(isOfSubject ? [] : when(filter.subjectId, (id) => sql`e.subject_id = ${stripNul(id)}`)),
    ...when(filter.since, (since) => sql`e.occurred_at >= ${since}`),
    ...when(filter.until, (until) => sql`e.occurred_at < ${until}`),
    ...when(filter.search, (search) => inEvent(sql, search)),
  ];
  return boundedScanPage(
    sql,
    {
      columns,
      from: sql`signalbox.events e`,
      name: sql`e`,
      id: sql`e.id`,
      within: [sql`e.project_id = ${projectId}`, ...(isOfSubject ? subjectType : [])],
      indexKey,
      selectiveFilter,
      residualFilter,
      weight: isSearch ? dataWeight(sql) : undefined,
      // Events of a type are many and close together. Events of a context, user or subject are far apart.
      scanLimit: indexKey && (others.length > 0 || !areExact) ? MAX_RANDOM_READS : undefined,
      cheapFilter: [
        ...(selectiveFilter ? status : []),
        ...(types ? [] : [sql`e.origin <> 'SYSTEM'`]),
      ],
      range: await idRangeOfTime(sql, projectId, filter.since, filter.until),
    },
    request,
  );
}
