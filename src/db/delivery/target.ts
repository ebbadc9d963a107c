import type { Sql } from "../connection/client.ts";
import { type HookRow, hookColumns } from "../hook/hooks.ts";

/** What a hook's deliveries are sent by, as of one version of its project's configuration. */
export type DeliveryTarget = {
  /** A hook, or a workflow's queue. */
  hook: HookRow;
  version: number;
  source: string;
  /** Whether the project has the hub record what it does (`Project.systemEvents`). */
  systemEvents: boolean;
};

/** The targets of these hooks of a project. */
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
