import { overduePresses } from "../action/pressClaims.ts";
import type { Sql } from "../connection/client.ts";
import { claimsLostAtHeads, overdueEvents, overdueQueues } from "../delivery/reclaim.ts";
import { overdueHandshakes } from "../hook/handshakes.ts";
import { overdueReplays } from "../replay/replays.ts";
import { overdueRuns } from "../workflow/workflowRuns.ts";

/** After how many milliseconds without a wake-up each kind of work is overdue. */
export type Patience = Record<
  "queues" | "events" | "handshakes" | "presses" | "replays" | "runs",
  number
>;

type Look = {
  /** Due jobs that no worker has taken: their time has come, or their notification was lost. */
  areJobsDue: boolean;
  /** Claims of deliveries or presses have expired. */
  areClaimsLost: boolean;
  /** Some work has lost its wake-up. */
  isOverdue: boolean;
};

/** Whether there is anything to recover, in one statement: at rest it is the only query. */
export async function lookAround(sql: Sql, patience: Patience): Promise<Look> {
  const [look] = await sql<[Look]>`
    select
      exists (
        select 1 from graphile_worker.jobs
        where run_at <= now() and locked_at is null and attempts < max_attempts) as "areJobsDue",
      exists (${claimsLostAtHeads(sql)})
      or exists (
        select 1 from signalbox.presses
        where status = 'PENDING' and lease_token is not null and lease_until <= clock_timestamp())
        as "areClaimsLost",
      exists (${overdueQueues(sql, patience.queues)})
      or exists (${overdueEvents(sql, patience.events)})
      or exists (${overdueHandshakes(sql, patience.handshakes)})
      or exists (${overduePresses(sql, patience.presses)})
      or exists (${overdueReplays(sql, patience.replays)})
      or exists (${overdueRuns(sql, patience.runs)}) as "isOverdue"`;
  return look;
}
