import { hostname } from "node:os";
import { recoverPresses } from "../db/action/pressClaims.ts";
import { type Db, openSession } from "../db/connection/client.ts";
import { showLife } from "../db/connection/locks.ts";
import { recoverClaims } from "../db/delivery/reclaim.ts";
import { registerWorker, removeDeadWorkers, removeWorker } from "../db/queue/workers.ts";
import { pressLimits } from "../domain/action/pressLimits.ts";
import { claimLimits } from "../domain/delivery/claimLimits.ts";
import type { Logger } from "../log.ts";
import { type Poller, poll } from "./poller.ts";

const LOOK_EVERY_MS = 2_500;
/** By then a worker that has only lost its session holds its lock by a new one. */
const SURE_AFTER_MS = 1_000;
/** The pause while the database is away. */
const RETRY_MS = 500;

/**
 * Shows that this worker lives, by an advisory lock of its own session. Every 2.5 s it looks for workers whose lock is
 * free, and again one second after it found one. A worker found lifeless twice in a row is dead: its jobs are unlocked
 * and its claims released, so that its deliveries in flight are retried within seconds (graphile-worker alone: 4
 * hours).
 */
export async function startLiveness(
  db: Db,
  workerId: string,
  poolId: string,
  log: Logger,
  /** Called with the other live workers. */
  onWorkers: (workerIds: string[]) => void,
): Promise<AsyncDisposable> {
  /** The key of this worker's liveness lock; a new session has a new one. */
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
      // Registered before the others are read: of two workers that start at once, at least one sees the other.
      await registerWorker(session, self);
    }
    // Registered each time: another worker may have removed this one while its session was lost. The session that holds
    // the lock does it, so that its loss is noticed.
    const others = await registerWorker(session, self);
    const lifeless = others.filter((worker) => worker.isLifeless);
    const dead = lifeless.filter(({ id }) => suspects.has(id));
    suspects = new Set(lifeless.map(({ id }) => id));
    const isDead = new Set(dead.map(({ id }) => id));
    // At the start a lifeless worker is not waited for: it is usually this installation's previous worker.
    const gone = new Set(looking ? dead : lifeless);
    onWorkers(others.flatMap((worker) => (gone.has(worker) ? [] : worker.id)));
    if (dead.length === 0) return suspects.size > 0 ? SURE_AFTER_MS : LOOK_EVERY_MS;
    const recovered = await recoverClaims(db.sql, {
      deadWorkers: [...isDead],
      quarantineAfter: claimLimits.quarantineAfter,
    });
    const unknown = await recoverPresses(db.sql, {
      deadWorkers: [...isDead],
      leaseMs: pressLimits.leaseMs,
    });
    await removeDeadWorkers(db.sql, dead);
    log.warn(
      { workers: [...isDead], recovered, unknown },
      "workers died; their deliveries are retried, their presses are not",
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
