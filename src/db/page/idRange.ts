import type { Sql } from "../connection/client.ts";
import type { Fragment } from "./page.ts";

const NONE = "00000000-0000-0000-0000-000000000000";

/**
 * A redundant bound on the partition key, so that generic plans prune partitions: the column lies between the least and
 * the greatest of these ids. For deliveries, pairing each id with its `event_id` is no substitute: without statistics
 * the planner then reads all of an event's deliveries for each id.
 */
export function idBetween(sql: Sql, column: Fragment, ids: string[]): Fragment {
  const sorted = ids.toSorted();
  return sql`${column} between ${sorted[0] ?? NONE}::uuid and ${sorted.at(-1) ?? NONE}::uuid`;
}
