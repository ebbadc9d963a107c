import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDb, openSession, type Sql } from "../../src/db/connection/client.ts";
import { plans, sessionSettings } from "../../src/db/connection/sessionSettings.ts";
import { openJobPool } from "../../src/db/queue/jobPool.ts";
import { migrate } from "../../src/db/schema/migrate.ts";
import { emptyDatabase } from "../fixtures/database.ts";
import { emitAll } from "../fixtures/emit.ts";
import { countByStatus, register } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";

/** What an operator or a provider may have set: each breaks something, sooner or later, in a hub that does not mind. */
const hostile = {
  default_transaction_isolation: "serializable",
  default_transaction_read_only: "on",
  default_transaction_deferrable: "on",
  synchronous_commit: "off",
  statement_timeout: "20",
  lock_timeout: "1",
  idle_in_transaction_session_timeout: "1",
  idle_session_timeout: "20",
  transaction_timeout: "20",
  DateStyle: "German, DMY",
  IntervalStyle: "sql_standard",
  TimeZone: "Asia/Kolkata",
  bytea_output: "escape",
  extra_float_digits: "-3",
  standard_conforming_strings: "off",
  array_nulls: "off",
  transform_null_equals: "on",
  quote_all_identifiers: "on",
  search_path: "elsewhere",
  row_security: "off",
  check_function_bodies: "off",
  default_table_access_method: "other_heap",
  client_min_messages: "debug5",
  client_encoding: "LATIN1",
  plan_cache_mode: "auto",
  jit: "on",
  enable_indexscan: "off",
  enable_indexonlyscan: "off",
  enable_nestloop: "off",
  enable_hashagg: "off",
  enable_partition_pruning: "off",
};
const names = Object.keys(hostile);

/** A new database for which, and for whose role, all of them are set, as far as the server knows them. */
async function hostileDatabase() {
  const database = await emptyDatabase();
  const { sql } = database.db;
  await sql`create access method other_heap type table handler heap_tableam_handler`;
  const [here] = await sql`select quote_ident(current_database()) as name`;
  const known = await sql<{ name: string }[]>`
    select name from pg_settings where lower(name) = any(${names.map((name) => name.toLowerCase())})`;
  for (const [name, value] of Object.entries(hostile)) {
    if (!known.some((one) => one.name.toLowerCase() === name.toLowerCase())) continue;
    const setting = `set ${name} to ${name === "DateStyle" ? value : `'${value}'`}`;
    await sql.unsafe(`alter database ${here?.name} ${setting}`);
    await sql.unsafe(`alter role current_user in database ${here?.name} ${setting}`);
  }
  return database;
}

const settingsOf = `select ${names.map((name) => `current_setting('${name}', true) as "${name}"`).join(", ")}`;

/** As the server writes them. */
async function written(sql: Sql, settings: Record<string, string>) {
  const rows = await Promise.all(
    names.map(
      (name) => sql<{ value: string | null }[]>`
        select case when current_setting(${name}, true) is not null
          then set_config(${name}, ${settings[name] ?? "nothing"}, false) end as value`,
    ),
  );
  return Object.fromEntries(names.map((name, index) => [name, rows[index]?.[0]?.value]));
}

describe("whatever the defaults of the database and the role are, a session has the hub's", () => {
  const stack = new AsyncDisposableStack();
  const found: Record<string, object | undefined> = {};
  const wanted: Record<string, object> = {};

  beforeAll(async () => {
    const { url } = stack.use(await hostileDatabase());
    await migrate({ url });
    const { sql: pool } = stack.use(openDb(url, 1));
    const { sql: readers } = stack.use(openDb(url, 1, "each time"));
    const session = openSession(url);
    stack.defer(() => session.end());
    const jobs = await openJobPool(url, session, 1);
    stack.defer(() => jobs.end());
    [found.pool] = await pool.unsafe(settingsOf);
    [found.readers] = await readers.unsafe(settingsOf);
    [found.session] = await session.unsafe(settingsOf);
    [found.jobs] = (await jobs.query(settingsOf)).rows;
    const usual = { ...sessionSettings, transaction_timeout: "0" };
    wanted.session = await written(session, usual);
    wanted.jobs = wanted.session;
    wanted.pool = await written(session, { ...usual, ...plans.once });
    wanted.readers = await written(session, { ...usual, ...plans["each time"] });
  });
  afterAll(() => stack.disposeAsync());

  test.each(["pool", "readers", "session", "jobs"])("%s", (kind) => {
    expect(found[kind]).toEqual(wanted[kind]);
  });
});

test("under hostile defaults a hub starts on an empty database, takes every emit and delivers it", async () => {
  await using database = await hostileDatabase();
  await using target = await receiver();
  await using hub = await testHub({ databaseUrl: database.url });
  await register(hub, { url: target.url });
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, index) =>
      emitAll(hub, [{ type: "a", data: { index, at: "2026-01-02T03:04:05Z" } }]),
    ),
  );
  expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([]);
  await expect.poll(() => countByStatus(hub), { timeout: 60_000 }).toEqual({ SUCCEEDED: 60 });
});
