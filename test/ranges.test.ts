import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openDb, type Sql } from "../src/db/client.ts";
import { makeRanges } from "../src/db/makeRanges.ts";
import { migrate } from "../src/db/migrate.ts";
import { withRanges } from "../src/db/rangeSession.ts";
import { cuts, rangesOf } from "../src/db/ranges.ts";
import { openReads } from "../src/db/reads.ts";
import { refreshStatistics } from "../src/db/statistics.ts";
import { newId } from "../src/domain/ids.ts";
import { emptyDatabase } from "./fixtures/database.ts";
import { accepted } from "./fixtures/emit.ts";
import { testHub } from "./fixtures/hub.ts";
import { agedDatabase, idOfAge, migrateBefore, rangeOf } from "./fixtures/ranges.ts";

const DAY_MS = 86_400_000;
const byTime = [cuts.events, cuts.deliveries, cuts.attempts];
const timeOf = (id: string | null | undefined) =>
  Number.parseInt((id ?? "0").replaceAll("-", "").slice(0, 12), 16);

const insertEvent = (sql: Sql, id: string, project = newId()) => sql`
  insert into signalbox.events (project_id, id, type, name, content_type, origin, occurred_at, status)
  values (${project}, ${id}, 'a', 'a', 'TEXT', 'API', now(), 'PROCESSED')`;

test("a hub that starts has ranges for the days to come, and as many as before when it starts again", async () => {
  await using database = await emptyDatabase();
  const { sql } = database.db;
  const all = async () => Promise.all(Object.values(cuts).map((cut) => rangesOf(sql, cut)));
  const first = await testHub({ databaseUrl: database.url });
  const found = await all();
  for (const cut of byTime)
    expect(timeOf((await rangesOf(sql, cut)).at(-1)?.to)).toBeGreaterThan(Date.now() + 2 * DAY_MS);
  const [feed] = await sql`select last_value from signalbox.changes_position_seq`;
  expect(Number((await rangesOf(sql, cuts.changes)).at(-1)?.to)).toBeGreaterThan(
    Number(feed?.last_value) + 2 ** 32,
  );
  await first[Symbol.asyncDispose]();
  await using hub = await testHub(first.settings);
  expect(await all()).toEqual(found);
  const { id } = await accepted(hub, { type: "a" });
  expect(await rangeOf(sql, "events", "id", id)).toBe("events_first");
});

test("processes that start at once make ranges once", async () => {
  await using database = await emptyDatabase();
  await migrate(database);
  await Promise.all(
    Array.from({ length: 4 }, () => withRanges(database.url, (session) => makeRanges(session, 30))),
  );
  const names = (await rangesOf(database.db.sql, cuts.events)).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  await using hub = await testHub({ databaseUrl: database.url });
  await accepted(hub, { type: "a" });
});

test("ids of clocks that are far off have a place, and come into their range when there is one", async () => {
  await using database = await agedDatabase(3);
  const { sql } = database.db;
  const ids = [-40, -36_500, 20_000].map((age) => idOfAge(newId(), age));
  for (const id of ids) await insertEvent(sql, id);
  const found = () => Promise.all(ids.map((id) => rangeOf(sql, "events", "id", id)));
  expect(await found()).toEqual(["events_beyond", "events_beyond", "events_first"]);
  // As after a sleep of 39 days.
  const later = new Date(Date.now() + 39 * DAY_MS);
  expect(await withRanges(database.url, (session) => makeRanges(session, 5, later))).toBe(true);
  const ranges = await rangesOf(sql, cuts.events);
  expect(ranges.length).toBeLessThan(10);
  const [soon, never, past] = await found();
  expect(ranges.map(({ name }) => name)).toContain(soon);
  expect([never, past]).toEqual(["events_beyond", "events_first"]);
  for (const [at, range] of ranges.entries()) expect(range.from).toBe(ranges[at - 1]?.to ?? null);
});

test("the reader comes to a table's rows by the table alone, and to none of its ranges", async () => {
  await using database = await agedDatabase(3);
  const { sql } = database.db;
  const ours = newId();
  await insertEvent(sql, newId(), ours);
  await using reads = await openReads(database.url);
  const ranges = await sql<{ name: string; on: boolean }[]>`
    select relname as name, relrowsecurity as on from pg_class
    where relnamespace = 'signalbox'::regnamespace and relispartition and relkind = 'r'`;
  expect(ranges.length).toBeGreaterThan(8);
  for (const { name, on } of ranges) {
    expect([name, on]).toEqual([name, true]);
    const reading = reads.read(ours, (own) => own`select from ${own(`signalbox.${name}`)}`);
    await expect(reading).rejects.toThrow("permission denied");
  }
  expect(await reads.read(ours, (own) => own`select from signalbox.events`)).toHaveLength(1);
});

test("an installation of before ranges keeps every row, and gets its bounds while it goes on", async () => {
  await using database = await emptyDatabase();
  const { sql } = database.db;
  await migrateBefore(sql, 17);
  const project = newId();
  for (const age of [400, 31, 3, 0]) await insertEvent(sql, idOfAge(newId(), age), project);
  // A clock that was wrong: it keeps the others' bound from being believed.
  const ahead = idOfAge(newId(), -4_000);
  await insertEvent(sql, ahead, project);
  await sql`insert into signalbox.deliveries (project_id, id, event_id, hook_id, format, status, max_attempts)
    select project_id, id, id, ${newId()}, 'EVENT', 'SUCCEEDED', 4 from signalbox.events`;
  await sql`insert into signalbox.attempts (project_id, delivery_id, number, started_at, elapsed_ms, outcome, request_headers)
    select project_id, id, 1, now(), 1, 'SUCCESS', '{}' from signalbox.events`;
  await sql`insert into signalbox.changes (project_id, kind, entity_id, created, state)
    select project_id, 'EVENT', id, true, '{}' from signalbox.events`;
  await sql`create role ${sql(`auditor_${database.url.slice(-8)}`)}`;
  const auditor = `auditor_${database.url.slice(-8)}`;
  await sql`grant select on signalbox.events to ${sql(auditor)}`;
  const rows = async () =>
    Promise.all(
      Object.keys(cuts).map((table) =>
        sql`select to_json(t)::text as row from ${sql(`signalbox.${table}`)} t order by 1`.then(
          (found) => found.map(({ row }) => row),
        ),
      ),
    );
  const before = await rows();
  await migrate(database);
  expect(await rows()).toEqual(before);
  expect(await withRanges(database.url, (session) => makeRanges(session, 30))).toBe(true);
  expect(await rows()).toEqual(before);
  expect(await rangeOf(sql, "events", "id", ahead)).toBe("events_beyond");
  const [may] = await sql`
    select has_table_privilege(${auditor}, 'signalbox.events', 'select') as whole,
      has_table_privilege(${auditor}, 'signalbox.events_first', 'select') as range`;
  expect(may).toEqual({ whole: true, range: false });
  await sql`drop owned by ${sql(auditor)}`;
  await sql`drop role ${sql(auditor)}`;
  const [feed] = await sql`
    insert into signalbox.changes (project_id, kind, entity_id, created, state)
    select ${project}, 'EVENT', ${randomUUID()}, true, '{}' returning position`;
  expect(Number(feed?.position)).toBe(6);
});

test("a table's indexes, keys, rules and triggers are those that it had before it was cut", async () => {
  await using old = await emptyDatabase();
  await migrateBefore(old.db.sql, 17);
  // What has been changed of the indexes since.
  await old.db.sql.file(fileURLToPath(new URL("../drizzle/0018_again.sql", import.meta.url)));
  await using database = await emptyDatabase();
  await migrate(database);
  await withRanges(database.url, (session) => makeRanges(session, 30));
  const indexes = (sql: Sql, pattern: string) => sql`
    select tablename, regexp_replace(indexdef, '^CREATE (UNIQUE )?INDEX \\S+ ON (ONLY )?\\S+', '\\1') as def
    from pg_indexes where schemaname = 'signalbox' and tablename ~ ${pattern} order by 1, 2`;
  for (const { table } of Object.values(cuts)) {
    const was = (await indexes(old.db.sql, `^${table}$`)).map(({ def }) => def);
    const ranges = Map.groupBy(
      await indexes(database.db.sql, `^${table}_`),
      ({ tablename }) => tablename,
    );
    expect(ranges.size).toBeGreaterThan(1);
    for (const [name, found] of ranges)
      if (name.startsWith(`${table}_`))
        expect([name, found.map(({ def }) => def)]).toEqual([name, was]);
  }
  const named = (sql: Sql) => sql`
    select indexname from pg_indexes where schemaname = 'signalbox' and tablename in ('events', 'deliveries', 'attempts', 'changes')
      and indexname <> 'deliveries_project_id_id_pk' order by 1`;
  expect(await named(database.db.sql)).toEqual(await named(old.db.sql));
  const triggers = await database.db.sql`
    select count(*)::int as n from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where t.tgname = 'known_format' and c.relispartition`;
  expect(triggers[0]?.n).toBe((await rangesOf(database.db.sql, cuts.deliveries)).length + 1);
});

test("an older version's retention, which deletes deliveries by their place, is stopped before it deletes others", async () => {
  await using hub = await testHub({ roles: { api: true, worker: false } });
  await using other = openDb(hub.settings.databaseUrl, 1);
  await other.sql`set signalbox.ranges = ''`;
  const byPlace = other.sql`delete from signalbox.deliveries where ctid in (select ctid from signalbox.deliveries)`;
  await expect(byPlace).rejects.toThrow("cut into ranges");
});

test("a table's statistics are made anew as its ranges fill, which the server does of ranges alone", async () => {
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
