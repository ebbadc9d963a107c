import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Pool, Sql, Tx } from "./client.ts";

/**
 * Every lock that processes of the hub use against each other, besides locks of the rows that they change.
 *
 * Any role of the database can hold any advisory lock, and see in pg_locks which are held. So none of these is a plain
 * advisory lock. A transaction locks a table or row that nobody else has rights on. A session holds an advisory lock
 * with a random number, which counts only if its role may write the hub's tables.
 */

/** Locks of a row of signalbox.locks, until the end of a transaction. */
type RowLock =
  /** Projects are created one at a time: slugs are unique, and there is one default project. */
  | "projects"
  /** One process wakes overdue work. */
  | "reconciler"
  /** One process analyzes tables. */
  | "statistics";

/** Locks of a session, until it ends. */
type SessionLock =
  /** One process creates and drops partitions. */
  "partitions";

/** The advisory lock for migrations: there may be no table yet to lock. */
const MIGRATION = 7_346_201_852;
const AGAIN_AFTER_MS = 50;

/** Locks a row, waiting if needed. */
export const lockRow = (tx: Tx, name: RowLock) =>
  tx`select from signalbox.locks where name = ${name} for update`;

/** Locks a row if it is free. Returns whether it was. */
export const tryLockRow = async (tx: Tx, name: RowLock): Promise<boolean> =>
  (await tx`select from signalbox.locks where name = ${name} for update skip locked`).length > 0;

const randomKey = () => String(randomBytes(8).readBigInt64BE());

/** Takes a session lock. Returns false if another session of the hub holds it. */
export const lockSession = (session: Pool, name: SessionLock): Promise<boolean> =>
  session.begin(async (tx) => {
    const [last] = await tx<{ isHeld: boolean | null }[]>`
      select signalbox.held_by_hub(key) as "isHeld" from signalbox.locks where name = ${name} for update`;
    if (!last || last.isHeld) return false;
    const key = randomKey();
    await tx`select pg_advisory_lock(${key}::bigint)`;
    await tx`update signalbox.locks set key = ${key} where name = ${name}`;
    return true;
  });

/** Whether this session holds the lock. A session reopened after a lost connection does not. */
export const isSessionLocked = async (sql: Sql, name: SessionLock): Promise<boolean> =>
  (
    await sql`
      select from signalbox.locks join pg_locks on (classid::bigint << 32 | objid::bigint) = key
      where name = ${name} and locktype = 'advisory' and granted and pid = pg_backend_pid()`
  ).length > 0;

/** Takes a worker's liveness lock for this session. Returns its key, to be stored in the worker's row. */
export async function showLife(session: Sql): Promise<string> {
  const key = randomKey();
  await session`select pg_advisory_lock(${key}::bigint)`;
  return key;
}

/** Whether nobody holds a worker's liveness lock, as a condition on rows of signalbox.workers. */
export const isLifeless = (sql: Sql) => sql`signalbox.held_by_hub(liveness_key) is not true`;

/**
 * Waits until no other process of the hub migrates the database. A lock held by another role does not count: migrations
 * also lock the tables themselves.
 */
export async function lockMigration(session: Pool): Promise<void> {
  for (;;) {
    const [found] = await session<[{ isOver: boolean }]>`
      select pg_try_advisory_lock(${MIGRATION}) or exists (
        select from pg_locks join pg_stat_activity using (pid)
        where locktype = 'advisory' and granted and (classid::bigint << 32 | objid::bigint) = ${MIGRATION}
          and database = (select oid from pg_database where datname = current_database())
          and not has_table_privilege(usesysid, to_regclass('signalbox.migrations'), 'insert')
      ) as "isOver"`;
    if (found.isOver) return;
    await pause(AGAIN_AFTER_MS);
  }
}
