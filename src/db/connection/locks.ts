import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Pool, Sql, Tx } from "./client.ts";

/**
 * Every lock by which processes of the hub exclude each other, beside those of the rows that they change.
 *
 * Any role of the database may hold any advisory lock, and see in pg_locks which are held. So none of these is one by
 * itself: a transaction locks a table or a row that nobody else has a right on, and a session an advisory lock with a
 * random number, which counts only while a role holds it that may write the hub's tables.
 */

/** By a row of signalbox.locks, to the end of a transaction. */
type RowLock =
  /** Projects are made one at a time: slugs are unique, and there is one default project. */
  | "projects"
  /** One process wakes what is overdue. */
  | "reconciler"
  /** One process analyzes tables. */
  | "statistics";

/** By a session, as long as it lives. */
type SessionLock =
  /** One process creates and drops partitions. */
  "partitions";

/** Whoever migrates a database: there may be no table yet, so this number is all there is. */
const MIGRATION = 7_346_201_852;
const AGAIN_AFTER_MS = 50;

/** Waits for a row's lock. */
export const lockRow = (tx: Tx, name: RowLock) =>
  tx`select from signalbox.locks where name = ${name} for update`;

/** Whether the row's lock could be had at once. */
export const tryLockRow = async (tx: Tx, name: RowLock): Promise<boolean> =>
  (await tx`select from signalbox.locks where name = ${name} for update skip locked`).length > 0;

const randomKey = () => String(randomBytes(8).readBigInt64BE());

/** Whether this session alone, of all of the hub's, now does what the name says, for as long as it lives. */
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

/** Whether this session, and not one that has taken its place when its connection was lost, still does. */
export const isSessionLocked = async (sql: Sql, name: SessionLock): Promise<boolean> =>
  (
    await sql`
      select from signalbox.locks join pg_locks on (classid::bigint << 32 | objid::bigint) = key
      where name = ${name} and locktype = 'advisory' and granted and pid = pg_backend_pid()`
  ).length > 0;

/** Shows, for as long as the session lives, that a worker does: gives back the key that its row is to name. */
export async function showLife(session: Sql): Promise<string> {
  const key = randomKey();
  await session`select pg_advisory_lock(${key}::bigint)`;
  return key;
}

/** Whether nobody shows the life of a worker, as a condition on rows of signalbox.workers. */
export const isLifeless = (sql: Sql) => sql`signalbox.held_by_hub(liveness_key) is not true`;

/**
 * Waits until no other process of the hub migrates the database. A stranger's lock is not waited for: then the tables
 * themselves are, which every migration locks.
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
