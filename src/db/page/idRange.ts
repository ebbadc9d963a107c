import type { Sql } from "../connection/client.ts";
import type { Fragment } from "./page.ts";

const NONE = "00000000-0000-0000-0000-000000000000";

/**
 * That a column's value lies between the least and the greatest of these ids: said beside the ids themselves, so that a
 * statement that is planned once does not even open the ranges that have none of them. For deliveries, and not that
 * `event_id` is the one that belongs to the id: while there are no statistics an event's deliveries are then read for
 * each of them.
 */
export function idBetween(sql: Sql, column: Fragment, ids: string[]): Fragment {
  const sorted = ids.toSorted();
  return sql`${column} between ${sorted[0] ?? NONE}::uuid and ${sorted.at(-1) ?? NONE}::uuid`;
}
