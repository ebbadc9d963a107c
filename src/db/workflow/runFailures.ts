import type { Sql } from "../connection/client.ts";

/** Records that advancing an open run has failed, and delays the next try. Returns the number of failures. */
export async function countRunFailure(sql: Sql, projectId: string, runId: string): Promise<number> {
  const [row] = await sql<{ failures: number }[]>`
    update signalbox.workflow_runs set failures = failures + 1, moved_at = now()
    where project_id = ${projectId} and id = ${runId} and status in ('QUEUED', 'RUNNING')
    returning failures`;
  return row?.failures ?? 0;
}
