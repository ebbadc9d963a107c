import { overduePresses, recoverPresses } from "../db/action/pressClaims.ts";
import { pressJob } from "../db/action/presses.ts";
import type { Db } from "../db/connection/client.ts";
import { tryLockRow } from "../db/connection/locks.ts";
import { overdueEvents, overdueQueues, recoverClaims } from "../db/delivery/reclaim.ts";
import { handshakeJob, overdueHandshakes } from "../db/hook/handshakes.ts";
import { refreshStatistics } from "../db/queue/analyze.ts";
import { addJobs, deliverJobs } from "../db/queue/jobs.ts";
import { lookAround, type Patience } from "../db/queue/lookAround.ts";
import { overdueReplays, replayJob } from "../db/replay/replays.ts";
import { advanceJobs, overdueRuns } from "../db/workflow/workflowRuns.ts";
import { pressLimits } from "../domain/action/pressLimits.ts";
import { claimLimits } from "../domain/delivery/claimLimits.ts";
import type { Logger } from "../log.ts";
import type { OnFeed } from "./job/scheduler.ts";
import { poll } from "./poller.ts";

/** A look is one statement, and usually finds nothing. */
const LOOK_EVERY_MS = 2_500;
/** The interval for finding expired claims in whole queues, which may be long: a look only sees their heads. */
const LOOK_THROUGH_EVERY_MS = 30_000;
/** Wake-ups normally come within milliseconds. Work that is overdue by this has lost its wake-up. */
const patience: Patience = {
  queues: 1_500,
  presses: 1_500,
  events: 2_000,
  handshakes: 1_500,
  replays: 5_000,
  runs: 3_000,
};
/** Tables grow as the feed is written. */
const ANALYZE_SOON_MS = 2_000;
const ANALYZE_EVERY_MS = 60_000;

/**
 * The guarantee behind the wake-ups. Every 2.5 s due jobs are announced, expired claims are released, and one process
 * (by a row's lock) wakes overdue work, from the tables alone.
 */
export function startReconciler(
  db: Db,
  log: Logger,
  { onFeed, onJobsDue }: { onFeed: OnFeed; onJobsDue: () => void },
): AsyncDisposable {
  async function reconcile() {
    const look = await lookAround(db.sql, patience);
    if (look.areJobsDue) onJobsDue();
    if (look.areClaimsLost) await Promise.all([takeBackDeliveries(), takeBackPresses()]);
    if (look.isOverdue) await wakeOverdue();
  }

  async function takeBackDeliveries() {
    const recovered = await recoverClaims(db.sql, {
      deadWorkers: [],
      quarantineAfter: claimLimits.quarantineAfter,
    });
    if (recovered > 0) log.warn({ recovered }, "claims expired; their deliveries are retried");
  }

  async function takeBackPresses() {
    const unknown = await recoverPresses(db.sql, {
      deadWorkers: [],
      leaseMs: pressLimits.leaseMs,
    });
    if (unknown > 0)
      log.warn({ unknown }, "press claims expired; the outcome of these calls is unknown");
  }

  async function wakeOverdue() {
    await db.sql.begin(async (tx) => {
      if (!(await tryLockRow(tx, "reconciler"))) return;
      const [queues, events, handshakes, presses, replays, runs] = await Promise.all([
        overdueQueues(tx, patience.queues),
        overdueEvents(tx, patience.events),
        overdueHandshakes(tx, patience.handshakes),
        overduePresses(tx, patience.presses),
        overdueReplays(tx, patience.replays),
        overdueRuns(tx, patience.runs),
      ]);
      const staged = Map.groupBy(events, ({ projectId }) => projectId);
      const jobs = [
        ...deliverJobs(queues).map((job, index) => ({ ...job, key: `reconcile:${index}` })),
        ...[...staged].map(([projectId, events]) => ({
          identifier: "dispatch" as const,
          payload: { projectId, eventIds: events.map(({ id }) => id) },
          key: `reconcile:${projectId}`,
        })),
        ...handshakes.map((queue) => handshakeJob(queue)),
        ...presses.map(pressJob),
        ...replays.map((replay) => replayJob(replay)),
        ...advanceJobs(runs).map((job, index) => ({
          ...job,
          key: `reconcile:advance:${index}`,
        })),
      ];
      if (jobs.length > 0) await addJobs(tx, jobs);
    });
  }
  // Separate: a table that takes long to analyze, or cannot be analyzed, delays no wake-up.
  const analyzing = poll(
    ANALYZE_EVERY_MS,
    () => refreshStatistics(db.sql),
    (error) => log.warn({ err: error }, "tables could not be analyzed"),
  );
  const forget = onFeed(() => analyzing.within(ANALYZE_SOON_MS));
  const reconciling = poll(LOOK_EVERY_MS, reconcile, (error) =>
    log.warn({ err: error }, "could not reconcile"),
  );
  const takingBack = poll(LOOK_THROUGH_EVERY_MS, takeBackDeliveries, (error) =>
    log.warn({ err: error }, "expired claims could not be looked for"),
  );
  return {
    async [Symbol.asyncDispose]() {
      forget();
      const repeated = [analyzing, reconciling, takingBack];
      await Promise.all(repeated.map((each) => each[Symbol.asyncDispose]()));
    },
  };
}
