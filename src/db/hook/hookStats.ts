import type { Sql } from "../connection/client.ts";
import { type HookHealth, heldUntil } from "./hookHealth.ts";

export type HookStats = {
  triggeredCount: number;
  lastTriggeredAt: Date | null;
  succeededCount: number;
  failedCount: number;
  health: HookHealth;
  healthSince: Date;
  /** Until when nothing is sent to it, or the next probe; null if it is sent to. */
  heldUntil: Date | null;
};

/** The counters of a hook whose row is gone. */
export const noStats = ({ createdAt }: { createdAt: Date }): HookStats => ({
  ...{ triggeredCount: 0, lastTriggeredAt: null, succeededCount: 0, failedCount: 0 },
  ...{ health: "HEALTHY", healthSince: createdAt, heldUntil: null },
});

export async function statsOf(
  sql: Sql,
  projectId: string,
  hookIds: readonly string[],
): Promise<Map<string, HookStats>> {
  const rows = await sql<(HookStats & { hookId: string })[]>`
    select hook_id as "hookId", least(triggered_count, 2147483647)::int as "triggeredCount",
      last_triggered_at as "lastTriggeredAt", least(succeeded_count, 2147483647)::int as "succeededCount",
      least(failed_count, 2147483647)::int as "failedCount", health, health_since as "healthSince",
      case when ${heldUntil(sql)} > statement_timestamp() then ${heldUntil(sql)} end as "heldUntil"
    from signalbox.hook_stats s
    where project_id = ${projectId} and hook_id = any(${hookIds as string[]}::uuid[])`;
  return new Map(rows.map((row) => [row.hookId, row]));
}
