import type { Sql } from "../db/connection/client.ts";
import { inScope, type Scope } from "./check.ts";

/** The outcomes of the deliveries made for one hook, or for one workflow's steps. */
export type LedgerLine = {
  projectId: string;
  hookId: string;
  /** The name of the hook, or of the workflow whose queue it is. */
  name: string;
  kind: "HOOK" | "WORKFLOW";
  made: number;
  succeeded: number;
  failed: number;
  gone: number;
  cancelled: number;
  quarantined: number;
  parked: number;
  /** PENDING or RETRYING. */
  waiting: number;
};

/** Every hook and workflow of the projects, with the counts of its deliveries; zeros when it has none. */
export const ledgerOf = (sql: Sql, scope: Scope) => sql<LedgerLine[]>`
  select h.project_id as "projectId", h.id as "hookId", h.kind, coalesce(w.name, h.name, h.url) as name,
    coalesce(d.made, 0)::float8 as made, coalesce(d.succeeded, 0)::float8 as succeeded,
    coalesce(d.failed, 0)::float8 as failed, coalesce(d.gone, 0)::float8 as gone,
    coalesce(d.cancelled, 0)::float8 as cancelled, coalesce(d.quarantined, 0)::float8 as quarantined,
    coalesce(d.parked, 0)::float8 as parked, coalesce(d.waiting, 0)::float8 as waiting
  from signalbox.hooks h
  left join signalbox.workflows w on w.project_id = h.project_id and w.id = h.id
  left join (
    select project_id, hook_id, count(*) as made, count(*) filter (where status = 'SUCCEEDED') as succeeded,
      count(*) filter (where status = 'FAILED') as failed, count(*) filter (where status = 'GONE') as gone,
      count(*) filter (where status = 'CANCELLED') as cancelled,
      count(*) filter (where status = 'QUARANTINED') as quarantined,
      count(*) filter (where status = 'PARKED') as parked,
      count(*) filter (where status in ('PENDING', 'RETRYING')) as waiting
    from signalbox.deliveries where ${inScope(sql, scope, sql`project_id`, sql`created_at`)} group by project_id, hook_id
  ) d on d.project_id = h.project_id and d.hook_id = h.id
  where ${inScope(sql, scope, sql`h.project_id`)}
  order by h.project_id, h.id`;

/** The number of events in each state. */
export async function eventsByStatus(sql: Sql, scope: Scope): Promise<Record<string, number>> {
  const rows = await sql<{ status: string; n: number }[]>`
    select status, count(*)::float8 as n from signalbox.events
    where ${inScope(sql, scope, sql`project_id`, sql`received_at`)} group by status order by status`;
  return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
}
