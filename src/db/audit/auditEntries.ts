import type { Sql, Tx } from "../connection/client.ts";
import { boundedScanPage } from "../page/boundedScan.ts";
import { type Maybe, when } from "../page/conditions.ts";
import { CLOCK_SKEW_MS, rangeOf } from "../page/minUuid7.ts";
import type { Page, PageRequest } from "../page/page.ts";
import { stripNul } from "../page/stripNul.ts";
import type { auditEntries } from "../schema/auditTables.ts";

/** An entry as stored; `before` and `after` are JSON text. */
export type AuditRow = typeof auditEntries.$inferSelect;
export type NewAuditRow = Omit<AuditRow, "at">;

/** Inserts entries in the transaction of the change that they report. */
export const insertAuditEntries = (tx: Tx, rows: NewAuditRow[]) => tx`
  insert into signalbox.audit_entries (project_id, id, actor, action, entity_type, entity_id, before, after, request_id)
  select project_id, id, actor, action, entity_type, entity_id, before::json, after::json, request_id
  from unnest(${rows.map((row) => row.projectId)}::uuid[], ${rows.map((row) => row.id)}::uuid[],
    ${rows.map((row) => stripNul(row.actor))}::text[], ${rows.map((row) => row.action)}::text[],
    ${rows.map((row) => row.entityType)}::text[], ${rows.map((row) => row.entityId)}::uuid[],
    ${rows.map((row) => row.before)}::text[], ${rows.map((row) => row.after)}::text[],
    ${rows.map((row) => stripNul(row.requestId))}::text[])
    as x(project_id, id, actor, action, entity_type, entity_id, before, after, request_id)`;

export type AuditFilter = {
  actor?: Maybe<string>;
  action?: Maybe<string>;
  entityId?: Maybe<string>;
  since?: Maybe<Date>;
  until?: Maybe<Date>;
};

/** A project's entries, newest first. Each filter has an index; with several, the narrowest one is read. */
export async function listAuditEntries(
  sql: Sql,
  projectId: string,
  { actor, action, entityId, since, until }: AuditFilter,
  request: PageRequest,
): Promise<Page<AuditRow>> {
  const filters = [
    ...when(entityId, (id) => ({ column: sql`a.entity_id`, type: sql`uuid`, values: [id] })),
    ...when(action, (name) => ({
      column: sql`a.action`,
      type: sql`text`,
      values: [stripNul(name)],
    })),
    ...when(actor, (name) => ({ column: sql`a.actor`, type: sql`text`, values: [stripNul(name)] })),
  ];
  const [indexKey, ...others] = filters;
  return boundedScanPage<AuditRow>(
    sql,
    {
      columns: sql`a.project_id as "projectId", a.id, a.at, a.actor, a.action, a.entity_type as "entityType",
        a.entity_id as "entityId", a.before::text as before, a.after::text as after, a.request_id as "requestId"`,
      from: sql`signalbox.audit_entries a`,
      name: sql`a`,
      id: sql`a.id`,
      within: [sql`a.project_id = ${projectId}`],
      indexKey,
      residualFilter: [
        ...others.map(({ column, values }) => sql`${column} = ${values[0] ?? ""}`),
        ...when(since, (from) => sql`a.at >= ${from}`),
        ...when(until, (to) => sql`a.at < ${to}`),
      ],
      cheapFilter: [],
      range: rangeOf(since, until, CLOCK_SKEW_MS),
    },
    request,
  );
}
