import { setTimeout as pause } from "node:timers/promises";
import { openSession, type Pool, type Tx } from "../connection/client.ts";
import { isLocked } from "../connection/isLocked.ts";
import { isSessionLocked, lockSession } from "../connection/locks.ts";
import type { PartitionedTable } from "./partitions.ts";

/** How long one try to lock a table may hold up others, how often it is tried, and how long it leaves them alone. */
const LOCKED_MS = 250;
const TRIES = 10;
const AGAIN_AFTER_MS = 300;
/** A transaction that has gone on for so long is not waited for: it may go on for hours. */
const LONG = "1 second";

/**
 * A session of its own for making and dropping partitions, in one process at a time: gives back what `work` does, and
 * undefined when another process is at it.
 */
export async function withMaintenanceSession<Result>(
  url: string,
  work: (session: Pool) => Promise<Result>,
): Promise<Result | undefined> {
  const session = openSession(url);
  try {
    // Whole partitions are read, as long as it takes.
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
 * One short transaction that needs locks on a table that is at work. It never queues for long, since all others would
 * queue behind it: it lets go and tries again, and gives back whether it was done in the end.
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
        // What changed while nobody held it was noted for nobody.
        if (!(await isSessionLocked(tx, "partitions")))
          throw new Error("the connection that looks after partitions was lost");
        await work(tx);
      });
      return true;
    } catch (error) {
      if (!isLocked(error)) throw error;
    }
  }
  return false;
}
