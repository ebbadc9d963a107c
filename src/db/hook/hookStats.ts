import type { Sql } from "../connection/client.ts";

export type HookStats = {
  triggeredCount: number;
  lastTriggeredAt: Date | null;
  succeededCount: number;
  failedCount: number;
};

export async function statsOf(
  sql: Sql,
  projectId: string,
  hookIds: readonly string[],
): Promise<Map<string, HookStats>> {
  const rows = await sql<(HookStats & { hookId: string })[]>`
    select hook_id as "hookId", least(triggered_count, 2147483647)::int as "triggeredCount",
      last_triggered_at as "lastTriggeredAt", least(succeeded_count, 2147483647)::int as "succeededCount",
      least(failed_count, 2147483647)::int as "failedCount"
    from signalbox.hook_stats
    where project_id = ${projectId} and hook_id = any(${hookIds as string[]}::uuid[])`;
  return new Map(rows.map((row) => [row.hookId, row]));
}
