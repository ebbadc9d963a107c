import { expect, test } from "vitest";
import { openDb, type Sql } from "../../src/db/connection/client.ts";
import { refreshStatistics } from "../../src/db/queue/analyze.ts";
import { migrate } from "../../src/db/schema/migrate.ts";
import { createLogger } from "../../src/log.ts";
import { startReconciler } from "../../src/worker/reconciler.ts";
import { emptyDatabase } from "../fixtures/database.ts";
import { emitMany, register } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";

test("a table is analyzed when its rows have quadrupled, and not for changes of those it has", async () => {
  await using database = await emptyDatabase();
  await migrate(database);
  await using db = openDb(database.url, 1);
  const { sql } = db;
  /** The rows that a table had when it was analyzed; -1 before. */
  const analyzed = async (name: string) => {
    await sql`select pg_stat_force_next_flush()`;
    await refreshStatistics(sql);
    const [row] = await sql`select reltuples::int as rows from pg_class where relname = ${name}`;
    return row?.rows;
  };
  const fill = async (rows: number) => {
    await sql`insert into signalbox.feed (project_id, last, first, at, items)
      select gen_random_uuid(), 1, 1, now(), '[{}]' from generate_series(1, ${rows}::int)`;
    await sql`insert into signalbox.settings (name, value) select gen_random_uuid(), '' from generate_series(1, ${rows}::int)`;
  };
  expect(await analyzed("feed")).toBe(-1);
  await fill(600);
  expect(await analyzed("feed")).toBe(600);
  expect(await analyzed("settings")).toBeGreaterThanOrEqual(600);
  for (const first of [0, 1, 0]) await sql`update signalbox.feed set first = ${first}`;
  await fill(1_700);
  expect(await analyzed("feed")).toBe(600);
  await fill(200);
  expect(await analyzed("feed")).toBe(2_500);
});

/** Makes a table grow that cannot be analyzed: an index asks a function that fails then. */
async function spoil(sql: Sql) {
  await sql`
    create function public.unless_analyzed(name text) returns text immutable language plpgsql as $$
    begin
      if current_setting('default_statistics_target') <> '100' then raise 'not analyzed'; end if;
      return name;
    end $$`;
  await sql`create index on signalbox.settings (public.unless_analyzed(name))`;
  await sql`insert into signalbox.settings (name, value) select gen_random_uuid(), '' from generate_series(1, 600)`;
  await sql`select pg_stat_force_next_flush()`;
}

test("a table that cannot be analyzed keeps no other from it, and is named", async () => {
  await using database = await emptyDatabase();
  await migrate(database);
  await using db = openDb(database.url, 1);
  const { sql } = db;
  await spoil(sql);
  await sql`insert into signalbox.workers (id, host, pid, pool_id, liveness_key)
    select gen_random_uuid(), '', 1, '', 1 from generate_series(1, 600)`;
  await sql`select pg_stat_force_next_flush()`;
  await expect(refreshStatistics(sql)).rejects.toMatchObject({
    errors: [{ message: "not analyzed" }],
  });
  const [row] =
    await sql`select reltuples::int as rows from pg_class where oid = 'signalbox.workers'::regclass`;
  expect(row?.rows).toBe(600);
});

test("what has lost its wake-up is woken, although a table cannot be analyzed", async () => {
  await using hub = await testHub({ roles: { api: true, worker: false } });
  const { sql } = hub.db;
  await register(hub, { url: "http://127.0.0.1:1/" });
  await emitMany(hub, [{}]);
  await sql`delete from graphile_worker._private_jobs`;
  await using db = openDb(hub.settings.databaseUrl, 2);
  await spoil(db.sql);
  await using _reconciler = startReconciler(db, createLogger("silent"), {
    onFeed: () => () => {},
    onJobsDue: () => {},
  });
  const jobs = async () =>
    (await sql`select task_identifier as name from graphile_worker.jobs`).map(({ name }) => name);
  await expect.poll(jobs, { timeout: 20_000 }).toContain("deliver");
});
