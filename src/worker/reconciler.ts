import type { Db } from "../db/client.ts";
import { handshakeJob, overdueHandshakes } from "../db/handshakes.ts";
import { addJobs, deliverJobs } from "../db/jobs.ts";
import { tryLockRow } from "../db/locks.ts";
import { overduePresses, recoverPresses } from "../db/pressClaims.ts";
import { pressJob } from "../db/presses.ts";
import { overdueEvents, overdueLanes, recoverClaims } from "../db/recovery.ts";
import { overdueReplays, replayJob } from "../db/replays.ts";
import { refreshStatistics } from "../db/statistics.ts";
import { advanceJobs, overdueRuns } from "../db/workflowRuns.ts";
import type { Logger } from "../log.ts";
import { every } from "./every.ts";

const EVERY_MS = 2_000;
/** Ordinary wake-ups come within milliseconds; what is overdue by this has lost its own. */
const LANE_OVERDUE_MS = 1_500;
const PRESS_OVERDUE_MS = 1_500;
const EVENT_OVERDUE_MS = 2_000;
const HANDSHAKE_OVERDUE_MS = 1_500;
const REPLAY_OVERDUE_MS = 5_000;
const RUN_OVERDUE_MS = 3_000;

/**
 * The guarantee behind the wake-ups: every 2 s claims that ran out are taken back, and one process of all (by a
 * row's lock) wakes whatever is overdue, from the tables alone.
 */
export function startReconciler(db: Db, log: Logger): AsyncDisposable {
  async function reconcile() {
    const recovered = await recoverClaims(db.sql, []);
    if (recovered > 0) log.warn({ recovered }, "claims ran out; their deliveries are tried again");
    const unknown = await recoverPresses(db.sql, []);
    if (unknown > 0) log.warn({ unknown }, "presses ran out; nobody knows what came of them");
    await db.sql.begin(async (tx) => {
      if (!(await tryLockRow(tx, "reconciler"))) return;
      const [lanes, events, handshakes, presses, replays, runs] = await Promise.all([
        overdueLanes(tx, LANE_OVERDUE_MS),
        overdueEvents(tx, EVENT_OVERDUE_MS),
        overdueHandshakes(tx, HANDSHAKE_OVERDUE_MS),
        overduePresses(tx, PRESS_OVERDUE_MS),
        overdueReplays(tx, REPLAY_OVERDUE_MS),
        overdueRuns(tx, RUN_OVERDUE_MS),
      ]);
      const staged = Map.groupBy(events, ({ projectId }) => projectId);
      const jobs = [
        ...deliverJobs(lanes).map((job, index) => ({ ...job, key: `reconcile:${index}` })),
        ...[...staged].map(([projectId, events]) => ({
          identifier: "dispatch" as const,
          payload: { projectId, eventIds: events.map(({ id }) => id) },
          key: `reconcile:${projectId}`,
        })),
        ...handshakes.map((lane) => handshakeJob(lane)),
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
  // Beside it: a table that takes long to analyze, or cannot be, keeps no wake-up waiting.
  const analyzing = every(
    EVERY_MS,
    () => refreshStatistics(db.sql),
    (error) => log.warn({ err: error }, "tables could not be analyzed"),
  );
  const reconciling = every(EVERY_MS, reconcile, (error) =>
    log.warn({ err: error }, "could not reconcile"),
  );
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all([analyzing[Symbol.asyncDispose](), reconciling[Symbol.asyncDispose]()]);
    },
  };
}
