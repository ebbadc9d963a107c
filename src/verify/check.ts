import type { Sql } from "../db/connection/client.ts";
import { allOf, type Fragment } from "../db/page/page.ts";

/** What is checked: one project or all, and the events, deliveries and runs created within a time window. */
export type Scope = {
  projectId: string | null;
  since: Date | null;
  until: Date | null;
  /** Retention has not removed anything written after this time. Null when it has removed nothing yet. */
  keptSince: Date | null;
};

/**
 * A check for one kind of inconsistency: `find` is a query of `project_id`, `id` and `says`, with one row per
 * difference.
 */
export type Check = { name: string; find(sql: Sql, scope: Scope): Fragment };

/** Restricts rows to the scope's project and time window, given the columns that hold them. */
export const inScope = (
  sql: Sql,
  { projectId, since, until }: Scope,
  project: Fragment,
  at?: Fragment,
): Fragment =>
  allOf(sql, [
    ...(projectId ? [sql`${project} = ${projectId}`] : []),
    ...(at && since ? [sql`${at} >= ${since}`] : []),
    ...(at && until ? [sql`${at} < ${until}`] : []),
  ]);

/** Whether a row is too young for retention to have removed its related rows. */
export const isKept = (sql: Sql, { keptSince }: Scope, at: Fragment): Fragment =>
  keptSince ? sql`${at} > ${keptSince}` : sql`true`;

/** The rows for which `says` is not null. */
export const reportRows = (
  sql: Sql,
  row: { project: Fragment; id: Fragment; says: Fragment; from: Fragment },
): Fragment => sql`
  select * from (select ${row.project} as project_id, ${row.id}::text as id, ${row.says} as says from ${row.from}) x
  where says is not null`;
