import { hostname } from "node:os";
import { type Db, openSession } from "../db/client.ts";
import { showLife } from "../db/locks.ts";
import { recoverPresses } from "../db/pressClaims.ts";
import { recoverClaims } from "../db/recovery.ts";
import { buryWorkers, lifelessBeside, removeWorker } from "../db/workers.ts";
import type { Logger } from "../log.ts";
import { every } from "./every.ts";

const LOOK_EVERY_MS = 1_000;

/**
 * Shows that this worker lives, by a lock its own session holds, and looks each second for workers whose lock is
 * free. One that is lifeless twice in a row is dead: its jobs are freed and its claims taken back, so that
 * what it had in flight is tried again within seconds (graphile-worker alone: 4 hours).
 */
export async function startLiveness(
  db: Db,
  workerId: string,
  poolId: string,
  log: Logger,
): Promise<AsyncDisposable> {
  /** By which others see that this worker lives; a session that is made anew has another. */
  let key: string | undefined;
  const session = openSession(db.url, () => {
    key = undefined;
  });
  let suspects = new Set<string>();

  async function look() {
    if (key === undefined) {
      key = await showLife(session);
      // After a restart of the server nobody holds a lock yet.
      suspects = new Set();
    }
    // Registered each time: somebody may have buried this worker while its session was lost. By the session that
    // holds the lock, so that its end is noticed.
    const self = { id: workerId, poolId, host: hostname(), pid: process.pid, key };
    const lifeless = await lifelessBeside(session, self);
    const dead = lifeless.filter(({ id }) => suspects.has(id));
    suspects = new Set(lifeless.map(({ id }) => id));
    if (dead.length === 0) return;
    const recovered = await recoverClaims(
      db.sql,
      dead.map(({ id }) => id),
    );
    const unknown = await recoverPresses(
      db.sql,
      dead.map(({ id }) => id),
    );
    await buryWorkers(db.sql, dead);
    log.warn(
      { workers: dead.map(({ id }) => id), recovered, unknown },
      "workers died; their deliveries are tried again, their presses are not",
    );
  }

  await look();
  const looking = every(LOOK_EVERY_MS, look, (error) =>
    log.warn({ err: error }, "liveness could not be checked"),
  );
  return {
    async [Symbol.asyncDispose]() {
      await looking[Symbol.asyncDispose]();
      await removeWorker(db.sql, workerId).catch(() => {});
      await session.end({ timeout: 1 });
    },
  };
}
