import type { Sql } from "../connection/client.ts";
import { GREATEST, LEAST } from "../page/boundedScan.ts";
import { stripNul } from "../page/stripNul.ts";

/**
 * When the newest kept event of each of these types was accepted; types without one are left out. Compared as pairs, as
 * in `boundedScanPage`: one step in the index for each type and partition, however many events there are.
 */
export async function lastSeenPerType(
  sql: Sql,
  projectId: string,
  types: readonly string[],
): Promise<Map<string, Date>> {
  const rows = await sql<{ type: string; lastSeenAt: Date }[]>`
    select x.value as type, n.received_at as "lastSeenAt"
    from unnest(${types.map(stripNul)}::text[]) as x(value) cross join lateral (
      select e.received_at from signalbox.events e
      where e.project_id = ${projectId}
        and (e.type, e.id) >= (x.value, ${LEAST}) and (e.type, e.id) < (x.value, ${GREATEST})
      order by e.type desc, e.id desc limit 1) n`;
  return new Map(rows.map(({ type, lastSeenAt }) => [type, lastSeenAt]));
}
