import type { Sql } from "../connection/client.ts";
import { allOf, type Fragment } from "../page/page.ts";

/** The states in which deliveries wait: all of them, and no others, are in the queue. */
export const WAITING = ["PENDING", "RETRYING", "PARKED"];
/** The states in which deliveries are lost to their hooks: few of very many, and an index has them in order. */
export const LOST = ["FAILED", "QUARANTINED"];

const areAll = (statuses: readonly string[] | null | undefined, states: string[]) =>
  statuses?.every((status) => states.includes(status)) ?? false;

/** Whether deliveries in these states wait. */
export const isWaiting = (statuses: readonly string[] | null | undefined): boolean =>
  areAll(statuses, WAITING);

/** Whether deliveries in these states are lost to their hooks. */
export const hasOnlyLost = (statuses: readonly string[] | null | undefined): boolean =>
  areAll(statuses, LOST);

/**
 * That a delivery named `d` is in one of these states. What follows from it is written out beside: a prepared
 * statement's plan leaves a table out, or takes an index of few states, only when the statement itself names them.
 */
export function statusIn(sql: Sql, statuses: readonly string[]): Fragment {
  const implied = [
    ...(isWaiting(statuses) ? [sql`d.status in ('PENDING', 'RETRYING', 'PARKED')`] : []),
    ...(hasOnlyLost(statuses) ? [sql`d.status in ('FAILED', 'QUARANTINED')`] : []),
  ];
  return allOf(sql, [...implied, sql`d.status = any(${statuses as string[]}::text[])`]);
}
