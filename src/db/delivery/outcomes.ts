import type { Sql } from "../connection/client.ts";
import { minUuid7At } from "../page/minUuid7.ts";

/** The most deliveries that are counted: the newest of the span. */
const MAX_COUNTED = 100_000;
const DAY_MS = 86_400_000;

/** The deliveries of a hook that were created in a span of time, by status; SENDING are those in flight. */
export async function countByStatus(
  sql: Sql,
  {
    projectId,
    hookId,
    since,
    until,
  }: { projectId: string; hookId: string; since: Date; until: Date },
): Promise<Map<string, number>> {
  const rows = await sql<{ status: string; count: number }[]>`
    select status, count(*)::int as count from (
      select case when d.lease_token is null then d.status else 'SENDING' end as status
      from signalbox.deliveries d
      where d.project_id = ${projectId} and d.hook_id = ${hookId}
        and d.id >= ${minUuid7At(since.getTime() - DAY_MS)} and d.id < ${minUuid7At(until.getTime() + DAY_MS)}
        and d.created_at >= ${since} and d.created_at < ${until}
      order by d.id desc limit ${MAX_COUNTED}) counted
    group by status`;
  return new Map(rows.map(({ status, count }) => [status, count]));
}
