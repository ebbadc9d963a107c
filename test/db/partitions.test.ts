import { expect, test } from "vitest";
import type { Sql } from "../../src/db/connection/client.ts";
import { refreshStatistics } from "../../src/db/queue/analyze.ts";
import { openReadPools } from "../../src/db/read/readPools.ts";
import { createPartitions } from "../../src/db/retention/createPartitions.ts";
import { withMaintenanceSession } from "../../src/db/retention/maintenanceSession.ts";
import { partitionedTables, partitionsOf } from "../../src/db/retention/partitions.ts";
import { migrate } from "../../src/db/schema/migrate.ts";
import { newId } from "../../src/util/ids.ts";
import { emptyDatabase } from "../fixtures/database.ts";
import { accepted } from "../fixtures/emit.ts";
import { testHub } from "../fixtures/hub.ts";
import { agedDatabase, idOfAge, partitionOf } from "../fixtures/partitions.ts";

const DAY_MS = 86_400_000;

const insertEvent = (sql: Sql, id: string, project = newId()) => sql`
  insert into signalbox.events (project_id, id, type, name, content_type, origin, occurred_at, status)
  values (${project}, ${id}, 'a', 'a', 'TEXT', 'API', now(), 'PROCESSED')`;

test("a starting hub has partitions for the days ahead, and the same ones after a restart", async () => {
  await using database = await emptyDatabase();
  const { sql } = database.db;
  const all = async () =>
    Promise.all(Object.values(partitionedTables).map((parent) => partitionsOf(sql, parent)));
  const first = await testHub({ databaseUrl: database.url });
  const found = await all();
  for (const parent of Object.values(partitionedTables)) {
    const { to } = (await partitionsOf(sql, parent)).at(-1) ?? { to: "" };
    expect(parent.timeOf(to)).toBeGreaterThan(Date.now() + 2 * DAY_MS);
  }
  await first[Symbol.asyncDispose]();
  await using hub = await testHub(first.settings);
  expect(await all()).toEqual(found);
  const { id } = await accepted(hub, { type: "a" });
  expect(await partitionOf(sql, "events", "id", id)).toBe("events_first");
});

test("processes that start at once create partitions once", async () => {
  await using database = await emptyDatabase();
  await migrate(database);
  await Promise.all(
    Array.from({ length: 4 }, () =>
      withMaintenanceSession(database.url, (session) => createPartitions(session, 30)),
    ),
  );
  const names = (await partitionsOf(database.db.sql, partitionedTables.events)).map(
    ({ name }) => name,
  );
  expect(new Set(names).size).toBe(names.length);
  await using hub = await testHub({ databaseUrl: database.url });
  await accepted(hub, { type: "a" });
});

test("ids of clocks that are far off go to the default or first partition, and move to their own once it is created", async () => {
  await using database = await agedDatabase(3);
  const { sql } = database.db;
  const ids = [-40, -36_500, 20_000].map((age) => idOfAge(newId(), age));
  for (const id of ids) await insertEvent(sql, id);
  const found = () => Promise.all(ids.map((id) => partitionOf(sql, "events", "id", id)));
  expect(await found()).toEqual(["events_default", "events_default", "events_first"]);
  // As after a sleep of 39 days.
  const later = new Date(Date.now() + 39 * DAY_MS);
  expect(
    await withMaintenanceSession(database.url, (session) => createPartitions(session, 5, later)),
  ).toBe(true);
  const partitions = await partitionsOf(sql, partitionedTables.events);
  expect(partitions.length).toBeLessThan(10);
  const [soon, never, past] = await found();
  expect(partitions.map(({ name }) => name)).toContain(soon);
  expect([never, past]).toEqual(["events_default", "events_first"]);
  for (const [at, partition] of partitions.entries())
    expect(partition.from).toBe(partitions[at - 1]?.to ?? null);
});

test("the reader may read a partitioned table, and none of its partitions directly", async () => {
  await using database = await agedDatabase(3);
  const { sql } = database.db;
  const ours = newId();
  await insertEvent(sql, newId(), ours);
  await using reads = await openReadPools(database.url);
  const partitions = await sql<{ name: string; on: boolean }[]>`
    select relname as name, relrowsecurity as on from pg_class
    where relnamespace = 'signalbox'::regnamespace and relispartition and relkind = 'r'`;
  expect(partitions.length).toBeGreaterThan(8);
  for (const { name, on } of partitions) {
    expect([name, on]).toEqual([name, true]);
    const reading = reads.read(ours, (own) => own`select from ${own(`signalbox.${name}`)}`);
    await expect(reading).rejects.toThrow("permission denied");
  }
  expect(await reads.read(ours, (own) => own`select from signalbox.events`)).toHaveLength(1);
});

test("first, default and later partitions have the indexes, columns and fillfactor of their table", async () => {
  await using database = await agedDatabase(3);
  const { sql } = database.db;
  const indexes = await sql<{ tablename: string; def: string }[]>`
    select tablename, regexp_replace(indexdef, '^CREATE (UNIQUE )?INDEX \\S+ ON (ONLY )?\\S+', '\\1') as def
    from pg_indexes where schemaname = 'signalbox' order by 1, 2`;
  const columnsOf = (table: string) => sql`
    select attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid) as value
    from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where attrelid = ${`signalbox.${table}`}::regclass and attnum > 0 order by attnum`;
  for (const parent of Object.values(partitionedTables)) {
    const indexesOf = (table: string) =>
      indexes.filter(({ tablename }) => tablename === table).map(({ def }) => def);
    const key =
      parent === partitionedTables.deliveries ? ["UNIQUE  USING btree (project_id, id)"] : [];
    const expected = [...indexesOf(parent.table), ...key].sort();
    const partitions = await sql<{ name: string; options: string[] | null }[]>`
      select relname as name, reloptions as options from pg_inherits join pg_class c on c.oid = inhrelid
      where inhparent = ${`signalbox.${parent.table}`}::regclass`;
    expect(partitions.length).toBeGreaterThan(1);
    for (const { name, options } of partitions) {
      expect([name, options ?? ["fillfactor=100"]]).toEqual([
        name,
        [`fillfactor=${parent.fillfactor}`],
      ]);
      expect([name, indexesOf(name).sort()]).toEqual([name, expected]);
      expect([name, await columnsOf(name)]).toEqual([name, await columnsOf(parent.table)]);
    }
  }
});

test("a partitioned table is analyzed as its partitions fill, which autovacuum does for partitions only", async () => {
  await using database = await emptyDatabase();
  const { sql } = database.db;
  await migrate(database);
  await sql`
    insert into signalbox.events (project_id, id, type, name, content_type, origin, occurred_at, status)
    select gen_random_uuid(), gen_random_uuid(), 'a', 'a', 'TEXT', 'API', now(), 'PROCESSED' from generate_series(1, 600)`;
  const known = async () => {
    await refreshStatistics(sql);
    const [whole] =
      await sql`select reltuples from pg_class where oid = 'signalbox.events'::regclass`;
    return whole?.reltuples;
  };
  await expect.poll(known, { timeout: 60_000 }).toBe(600);
});
