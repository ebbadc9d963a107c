import type { Sql } from "./client.ts";
import { allOf, type Fragment } from "./page.ts";

/** The states in which deliveries are lost to their hooks. */
export const LOST = ["FAILED", "QUARANTINED"];

/** The states that few of very many deliveries are in; each list has an index of its own. */
const few = (sql: Sql): [string[], Fragment][] => [
  [["PENDING", "RETRYING"], sql`d.status in ('PENDING', 'RETRYING')`],
  [["PARKED"], sql`d.status = 'PARKED'`],
  [LOST, sql`d.status in ('FAILED', 'QUARANTINED')`],
];

const areAll = (statuses: readonly string[] | null | undefined, states: string[]) =>
  statuses?.every((status) => states.includes(status)) ?? false;

/** Whether deliveries in these states wait: usually few do, and an index leads to them. */
export const isWaiting = (statuses: readonly string[] | null | undefined): boolean =>
  areAll(statuses, ["PENDING", "RETRYING"]) || areAll(statuses, ["PARKED"]);

/** Whether deliveries in these states are lost to their hooks: an index has them in order. */
export const hasOnlyLost = (statuses: readonly string[] | null | undefined): boolean =>
  areAll(statuses, LOST);

/**
 * That a delivery named `d` is in one of these states. What follows from it is written out beside: a prepared
 * statement's plan takes an index of few states only when the statement itself names them.
 */
export function statusIn(sql: Sql, statuses: readonly string[]): Fragment {
  const implied = few(sql)
    .filter(([states]) => statuses.every((status) => states.includes(status)))
    .map(([, condition]) => condition);
  return allOf(sql, [...implied, sql`d.status = any(${statuses as string[]}::text[])`]);
}
