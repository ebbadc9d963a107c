import type { Sql } from "../connection/client.ts";
import { dataWeight, inEvent, ofTypes } from "../event/list.ts";
import { holds, type Maybe, when } from "../page/conditions.ts";
import { allOf, type Fragment } from "../page/page.ts";
import { stripNul } from "../page/stripNul.ts";

/** What deliveries can be narrowed down by, besides what an index has: each row that is scanned is looked at. */
export type Narrowing = {
  /** Of events of these types; patterns as in hooks. */
  types?: Maybe<string[]>;
  /** Of events of this user. */
  userId?: Maybe<string>;
  /** Of events with this in the name, type or data. */
  search?: Maybe<string>;
  /** The last attempt was answered by one of these. */
  statusCodes?: Maybe<number[]>;
  /** The last attempt's error contains this. */
  error?: Maybe<string>;
};

/** The status code of the last attempt of a delivery named `d`; a delivery that ended without one has earlier ones. */
const lastStatusCode = (sql: Sql, projectId: string) => sql`(select a.status_code from (
    select n.attempt_count as number, n.status_code from signalbox.ended_deliveries n
    where n.project_id = ${projectId} and n.event_id = d.event_id and n.id = d.id and n.outcome is not null
    union all
    select b.number, b.status_code from signalbox.earlier_attempts b
    where b.project_id = ${projectId} and b.delivery_id = d.id) a order by a.number desc limit 1)`;

/** The rest of a query for the event of a delivery named `d`. */
const itsEvent = (sql: Sql, projectId: string) =>
  sql`from signalbox.events e where e.project_id = ${projectId} and e.id = d.event_id`;

/** The data of a delivery's event, as `dataWeight`. */
export function searchWeight(sql: Sql, projectId: string): { text: Fragment; guess: Fragment } {
  const { text, guess } = dataWeight(sql);
  return {
    text: sql`(select ${text} ${itsEvent(sql, projectId)})`,
    guess: sql`(select ${guess} ${itsEvent(sql, projectId)})`,
  };
}

/** Conditions by what they read besides the delivery: nothing, rows close to it, or rows that may be anywhere. */
type Narrowed = { own: Fragment[]; near: Fragment[]; far: Fragment[] };

/** The conditions about a delivery named `d`. */
export function narrowed(sql: Sql, projectId: string, wanted: Narrowing): Narrowed {
  const ofEvent = [
    ...when(wanted.types, (types) => ofTypes(sql, types.map(stripNul))),
    ...when(wanted.userId, (userId) => sql`e.user_id = ${stripNul(userId)}`),
    ...when(wanted.search, (search) => inEvent(sql, search)),
  ];
  // Data is searched for the rows that meet all else, one by one: as a join, PostgreSQL may begin with all events.
  const alone = typeof wanted.search === "string" ? sql`offset 0` : sql``;
  return {
    own: when(wanted.error, (error) => holds(sql, [sql`d.last_error`], error)),
    near: when(
      wanted.statusCodes,
      (codes) => sql`${lastStatusCode(sql, projectId)} = any(${codes}::int[])`,
    ),
    far:
      ofEvent.length > 0
        ? [sql`exists (select ${itsEvent(sql, projectId)} and ${allOf(sql, ofEvent)} ${alone})`]
        : [],
  };
}
