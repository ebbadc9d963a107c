import type { Sql } from "../connection/client.ts";
import { type HookRow, hookColumns } from "../hook/hooks.ts";

/** The target of a hook's deliveries, as of one config version of its project. */
export type DeliveryTarget = {
  /** A hook, or the queue of a workflow. */
  hook: HookRow;
  version: number;
  source: string;
  /** Whether the project records system events (`Project.systemEvents`). */
  systemEvents: boolean;
};

export async function deliveryTargets(
  sql: Sql,
  projectId: string,
  hookIds: string[],
): Promise<DeliveryTarget[]> {
  const rows = await sql<(HookRow & Omit<DeliveryTarget, "hook">)[]>`
    select ${hookColumns(sql)}, p.source, p.system_events as "systemEvents", f.config_version::int as version
    from signalbox.hooks h join signalbox.projects p on p.id = h.project_id
    join signalbox.heads f on f.project_id = h.project_id
    where h.project_id = ${projectId} and h.id = any(${hookIds}::uuid[])`;
  return rows.map(({ source, systemEvents, version, ...hook }) => ({
    hook,
    source,
    systemEvents,
    version,
  }));
}
