import type { Sql } from "../connection/client.ts";
import type { HookStats } from "./hookStats.ts";
import { type HookRow, hookColumns } from "./hooks.ts";

/** A hook that is sent resources of one event type: what Actionstep calls a REST hook. */
export type RestHookRow = HookRow & Pick<HookStats, "triggeredCount" | "lastTriggeredAt">;

const restHooks = (sql: Sql, projectId: string) => sql`
  from signalbox.hooks h left join signalbox.hook_stats s on s.project_id = h.project_id and s.hook_id = h.id
  where h.project_id = ${projectId} and h.kind = 'HOOK' and h.format = 'RESOURCE' and cardinality(h.types) = 1
    and h.status <> 'DELETED'`;

const columns = (sql: Sql) => sql`${hookColumns(sql)},
  least(coalesce(s.triggered_count, 0), 2147483647)::int as "triggeredCount", s.last_triggered_at as "lastTriggeredAt"`;

/** A project's REST hooks, oldest first. */
export const listRestHooks = (
  sql: Sql,
  projectId: string,
  { limit, offset }: { limit: number; offset: number },
) => sql<RestHookRow[]>`
  select ${columns(sql)} ${restHooks(sql, projectId)} order by h.id limit ${limit} offset ${offset}`;

export async function countRestHooks(sql: Sql, projectId: string): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count ${restHooks(sql, projectId)}`;
  return row?.count ?? 0;
}

/** A REST hook by id; none when it is deleted. */
export async function restHookById(
  sql: Sql,
  projectId: string,
  id: string,
): Promise<RestHookRow | undefined> {
  const [row] = await sql<RestHookRow[]>`
    select ${columns(sql)} ${restHooks(sql, projectId)} and h.id = ${id}`;
  return row;
}
