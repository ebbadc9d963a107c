import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { runMigrations } from "graphile-worker";
import { packageRoot } from "../../packageRoot.ts";
import {
  noteServer,
  openSession,
  type Place,
  type Pool,
  type Sql,
  settingsOf,
} from "../connection/client.ts";
import { lockMigration } from "../connection/locks.ts";
import { isLocked } from "../connection/outage.ts";
import { preparePooler } from "../connection/pooler.ts";
import { DatabaseRefusal } from "../connection/refusal.ts";
import { checkServer, explainMigration } from "../connection/requirements.ts";
import { spread } from "../nodes/distribute.ts";
import { isDistributed } from "../nodes/distribution.ts";
import { openJobPool } from "../queue/jobPool.ts";
import { checkOwner, ensureReader } from "../read/reader.ts";

/** How long one try to lock the tables may block others, the pause after it, and the limit for all tries. */
const LOCKED_ALL_MS = 500;
const AGAIN_AFTER_MS = 1_000;
const LOCKED_WITHIN_MS = 120_000;

/** An operator may have created the empty schema for a role that may not. */
const makesSchema = /^\s*create schema "signalbox";?\s*$/i;

const migrationsFolder = fileURLToPath(new URL("drizzle", packageRoot));

/**
 * Migrates a database, or an empty one, to this version's tables and job queue. Processes that start together take
 * turns. Throws DatabaseRefusal if the server cannot keep the hub's promises.
 */
export async function migrate(place: Place): Promise<void> {
  const { url, setting = "DATABASE_URL", poolerUrl } = place;
  const session = openSession(url);
  try {
    const facts = {
      version: await checkServer(session, setting),
      isDistributed: await isDistributed(session),
    };
    if (facts.isDistributed && poolerUrl !== undefined)
      throw new DatabaseRefusal(
        "SIGNALBOX_DIRECT_URL is set, and the database is distributed over Citus nodes: Signalbox reaches each node directly, so unset it and give DATABASE_URL the coordinator's own address.",
      );
    noteServer(url, facts);
    // A migration, or waiting for another process's, may take longer than the usual statement timeout.
    const patient = { ...settingsOf(facts), statement_timeout: "0" };
    for (const [name, value] of Object.entries(patient))
      await session`select set_config(${name}, ${value}, false)`;
    await lockMigration(session);
    await refuseUnreleased(session);
    const isChanged = await applyMissing(session);
    await checkOwner(session);
    await ensureReader(session);
    if (isChanged && facts.isDistributed) await spread(session);
    await migrateQueue(url, session);
    if (poolerUrl !== undefined) await preparePooler(session, place, facts.version);
  } catch (error) {
    throw explainMigration(error, session.address.user);
  } finally {
    await session.end({ timeout: 5 });
  }
}

/** graphile-worker starts by creating its schema, for which it needs a right even if the schema exists. */
const beginQueue = `do $$ begin
  if to_regnamespace('graphile_worker') is not null and to_regclass('graphile_worker.migrations') is null then
    create table graphile_worker.migrations (
      id int primary key, ts timestamptz default now() not null, breaking boolean not null default false);
  end if;
end $$`;

async function migrateQueue(url: string, session: Pool): Promise<void> {
  await session.unsafe(beginQueue);
  const pool = await openJobPool(url, 2);
  try {
    await runMigrations({ pgPool: pool });
  } finally {
    await pool.end();
  }
}

/** Whether every migration of drizzle/ has been applied, for readiness. */
export async function migrationsCurrent(sql: Sql): Promise<boolean> {
  return (await missingMigrations(sql)).length === 0;
}

/** The migrations applied to the database, by their times. */
async function appliedMigrations(sql: Sql): Promise<number[]> {
  const [found] = await sql`select to_regclass('signalbox.migrations') is not null as made`;
  if (!found?.made) return [];
  const rows = await sql<{ created_at: string }[]>`select created_at from signalbox.migrations`;
  return rows.map((row) => Number(row.created_at));
}

async function missingMigrations(sql: Sql) {
  const applied = new Set(await appliedMigrations(sql));
  return readMigrationFiles({ migrationsFolder }).filter(
    ({ folderMillis }) => !applied.has(folderMillis),
  );
}

/** The first migration creates the tables as first released. Older databases are of unreleased versions. */
async function refuseUnreleased(session: Pool): Promise<void> {
  const [first] = readMigrationFiles({ migrationsFolder });
  if ((await appliedMigrations(session)).some((time) => time < (first?.folderMillis ?? 0)))
    throw new DatabaseRefusal(
      "The database has tables of an unreleased version of Signalbox, which cannot be upgraded: use an empty database, or drop the schemas signalbox and graphile_worker with everything in them (embedded: use an empty SIGNALBOX_DATA), and start again.",
    );
}

/**
 * Drizzle's migrator cannot keep its journal in the schema that the first migration creates, and skips a migration that
 * is older than the last one applied. Its files and table format are kept. Returns whether any was missing.
 */
async function applyMissing(session: Pool): Promise<boolean> {
  if ((await missingMigrations(session)).length === 0) return false;
  const giveUpAt = performance.now() + LOCKED_WITHIN_MS;
  for (;;) {
    try {
      await apply(session);
      return true;
    } catch (error) {
      if (!isLocked(error)) throw error;
      if (performance.now() > giveUpAt)
        throw new DatabaseRefusal(
          "Other transactions kept Signalbox's tables locked for longer than a migration waits: end them (pg_stat_activity), and start again.",
        );
      await pause(AGAIN_AFTER_MS);
    }
  }
}

/**
 * One transaction. Processes of the previous version may be running. All tables are locked first, and released if one
 * is not available within less than deadlock_timeout (1 s), so that other transactions are delayed briefly and never
 * aborted.
 */
async function apply(session: Pool): Promise<void> {
  await session.begin(async (tx) => {
    await tx`select set_config('lock_timeout', ${String(LOCKED_ALL_MS)}, true)`;
    const tables = await tx<{ name: string }[]>`
      select tablename as name from pg_tables where schemaname = 'signalbox' order by tablename`;
    const names = tables.map(({ name }) => `signalbox.${name}`).join(", ");
    if (tables.length > 0) await tx.unsafe(`lock table ${names} in access exclusive mode`);
    // Read again: another process may have applied some, if a lock of another role made this one skip the wait.
    const missing = await missingMigrations(tx);
    const [found] = await tx`select to_regnamespace('signalbox') is not null as made`;
    for (const statement of missing.flatMap(({ sql }) => sql))
      if (!(found?.made && makesSchema.test(statement))) await tx.unsafe(statement);
    await tx`
      create table if not exists signalbox.migrations (
        id serial primary key, hash text not null, created_at bigint)`;
    for (const { hash, folderMillis } of missing) {
      await tx`insert into signalbox.migrations (hash, created_at) values (${hash}, ${folderMillis})`;
    }
  });
}
