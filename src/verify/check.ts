import type { Sql } from "../db/connection/client.ts";
import { allOf, type Fragment } from "../db/page/page.ts";

/** What is looked at: one project or all, and of events, deliveries and runs those made in a time. */
export type Scope = {
  projectId: string | null;
  since: Date | null;
  until: Date | null;
  /** Whatever was written after it is still there: retention takes nothing so young. Null when it took nothing yet. */
  keptSince: Date | null;
};

/** Finds what is wrong in one way: a query of `project_id`, `id` and `says`, a row for each difference. */
export type Check = { name: string; find(sql: Sql, scope: Scope): Fragment };

/** Rows of a project, by the columns that name it and the time. */
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

/** Whether a row is so young that retention cannot have taken what belongs to it. */
export const isKept = (sql: Sql, { keptSince }: Scope, at: Fragment): Fragment =>
  keptSince ? sql`${at} > ${keptSince}` : sql`true`;

/** The rows of which `says` has something to say. */
export const reportRows = (
  sql: Sql,
  row: { project: Fragment; id: Fragment; says: Fragment; from: Fragment },
): Fragment => sql`
  select * from (select ${row.project} as project_id, ${row.id}::text as id, ${row.says} as says from ${row.from}) x
  where says is not null`;
