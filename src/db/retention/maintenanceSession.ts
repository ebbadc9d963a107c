import { setTimeout as pause } from "node:timers/promises";
import { openSession, type Pool, type Tx } from "../connection/client.ts";
import { isSessionLocked, lockSession } from "../connection/locks.ts";
import { isLocked } from "../connection/outage.ts";
import type { PartitionedTable } from "./partitions.ts";

/** How long one try waits for the table lock (and blocks others), the number of tries, and the pause between them. */
const LOCKED_MS = 250;
const TRIES = 10;
const AGAIN_AFTER_MS = 300;
/** Transactions older than this are not waited for: they may stay open for hours. */
const LONG = "1 second";

/**
 * Runs `work` on a session of its own for creating and dropping partitions, in one process at a time. Returns its
 * result, or undefined if another process holds the lock.
 */
export async function withMaintenanceSession<Result>(
  url: string,
  work: (session: Pool) => Promise<Result>,
): Promise<Result | undefined> {
  const session = openSession(url);
  try {
    // Statements that read whole partitions have no time limit.
    await session`select set_config('statement_timeout', '0', false), set_config('plan_cache_mode', 'auto', false)`;
    return (await lockSession(session, "partitions")) ? await work(session) : undefined;
  } finally {
    await session.end({ timeout: 5 });
  }
}

const isInLongUse = async (session: Pool, { table }: PartitionedTable): Promise<boolean> =>
  (
    await session`
      select from pg_locks l join pg_stat_activity a using (pid)
      where l.relation = ${`signalbox.${table}`}::regclass and a.pid <> pg_backend_pid()
        and a.xact_start < now() - ${LONG}::interval limit 1`
  ).length > 0;

/**
 * Runs one short transaction that needs locks on a busy table. While it queues for a lock, all others queue behind it.
 * So it gives up soon and tries again. Returns whether it succeeded.
 */
export async function withShortLock(
  session: Pool,
  parent: PartitionedTable,
  work: (tx: Tx) => Promise<void>,
): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (tries > 0) await pause(AGAIN_AFTER_MS);
    if (await isInLongUse(session, parent)) continue;
    try {
      await session.begin(async (tx) => {
        await tx`select set_config('lock_timeout', ${`${LOCKED_MS}ms`}, true)`;
        // If the lock was lost, row changes went unrecorded: abort.
        if (!(await isSessionLocked(tx, "partitions")))
          throw new Error("the session that maintains partitions was lost");
        await work(tx);
      });
      return true;
    } catch (error) {
      if (!isLocked(error)) throw error;
    }
  }
  return false;
}
