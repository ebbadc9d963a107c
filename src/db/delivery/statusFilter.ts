import type { Sql } from "../connection/client.ts";
import { allOf, type Fragment } from "../page/page.ts";

/** The statuses of waiting deliveries: exactly these are in the queue. */
export const WAITING = ["PENDING", "RETRYING", "PARKED"];
/** The statuses of lost deliveries: few among very many, and an index has them in order. */
export const LOST = ["FAILED", "QUARANTINED"];

const areAll = (statuses: readonly string[] | null | undefined, states: string[]) =>
  statuses?.every((status) => states.includes(status)) ?? false;

/** Whether all these statuses are of waiting deliveries. */
export const isWaiting = (statuses: readonly string[] | null | undefined): boolean =>
  areAll(statuses, WAITING);

/** Whether all these statuses are of lost deliveries. */
export const hasOnlyLost = (statuses: readonly string[] | null | undefined): boolean =>
  areAll(statuses, LOST);

/**
 * The condition that a delivery named `d` has one of these statuses. What follows from it is written out beside it: a
 * generic plan only skips a table, or uses an index of few statuses, if the statement itself names them.
 */
export function statusIn(sql: Sql, statuses: readonly string[]): Fragment {
  const implied = [
    ...(isWaiting(statuses) ? [sql`d.status in ('PENDING', 'RETRYING', 'PARKED')`] : []),
    ...(hasOnlyLost(statuses) ? [sql`d.status in ('FAILED', 'QUARANTINED')`] : []),
  ];
  return allOf(sql, [...implied, sql`d.status = any(${statuses as string[]}::text[])`]);
}
