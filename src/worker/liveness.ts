import { hostname } from "node:os";
import { recoverPresses } from "../db/action/pressClaims.ts";
import { type Db, openSession } from "../db/connection/client.ts";
import { showLife } from "../db/connection/locks.ts";
import { recoverClaims } from "../db/delivery/reclaim.ts";
import { registerWorker, removeDeadWorkers, removeWorker } from "../db/queue/workers.ts";
import type { Logger } from "../log.ts";
import { type Poller, poll } from "./poller.ts";

const LOOK_EVERY_MS = 2_500;
/** By then a worker that has only lost its session shows its life by another. */
const SURE_AFTER_MS = 1_000;
/** While the database is away. */
const RETRY_MS = 500;

/**
 * Shows that this worker lives, by a lock its own session holds, and looks every 2.5 s for workers whose lock is free,
 * and again a second after it found one. One that is lifeless twice in a row is dead: its jobs are freed and its
 * claims taken back, so that what it had in flight is tried again within seconds (graphile-worker alone: 4 hours).
 */
export async function startLiveness(
  db: Db,
  workerId: string,
  poolId: string,
  log: Logger,
  /** Told who else is alive. */
  onWorkers: (workerIds: string[]) => void,
): Promise<AsyncDisposable> {
  /** By which others see that this worker lives; a session that is made anew has another. */
  let key: string | undefined;
  const session = openSession(db.url, {
    onLost() {
      key = undefined;
      looking?.within(0);
    },
  });
  let looking: Poller | undefined;
  let suspects = new Set<string>();

  async function look(): Promise<number> {
    const isNew = key === undefined;
    key ??= await showLife(session);
    const self = { id: workerId, poolId, host: hostname(), pid: process.pid, key };
    if (isNew) {
      // After a restart of the server nobody holds a lock yet.
      suspects = new Set();
      // Of two that come at once, one at least sees the other: it is committed before the others are read.
      await registerWorker(session, self);
    }
    // Registered each time: somebody may have buried this worker while its session was lost. By the session that
    // holds the lock, so that its end is noticed.
    const others = await registerWorker(session, self);
    const lifeless = others.filter((worker) => worker.isLifeless);
    const dead = lifeless.filter(({ id }) => suspects.has(id));
    suspects = new Set(lifeless.map(({ id }) => id));
    const isDead = new Set(dead.map(({ id }) => id));
    // At the start nobody waits for whoever shows no life: most often it is this installation's worker that was killed.
    const gone = new Set(looking ? dead : lifeless);
    onWorkers(others.flatMap((worker) => (gone.has(worker) ? [] : worker.id)));
    if (dead.length === 0) return suspects.size > 0 ? SURE_AFTER_MS : LOOK_EVERY_MS;
    const recovered = await recoverClaims(db.sql, [...isDead]);
    const unknown = await recoverPresses(db.sql, [...isDead]);
    await removeDeadWorkers(db.sql, dead);
    log.warn(
      { workers: [...isDead], recovered, unknown },
      "workers died; their deliveries are tried again, their presses are not",
    );
    return LOOK_EVERY_MS;
  }

  await look();
  looking = poll(LOOK_EVERY_MS, look, (error) => {
    log.warn({ err: error }, "liveness could not be checked");
    looking?.within(RETRY_MS);
  });
  return {
    async [Symbol.asyncDispose]() {
      await looking?.[Symbol.asyncDispose]();
      await removeWorker(db.sql, workerId).catch(() => {});
      await session.end({ timeout: 1 });
    },
  };
}
