import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Sql } from "../../src/db/connection/client.ts";
import { freshDatabase } from "../fixtures/database.ts";

/** Tables that every node has whole, or the coordinator alone, and why; they may have any keys. */
const ofAll: Record<string, string> = {
  api_keys:
    "on every node: a key is looked up before it is known whose it is, by a digest that is unique among all",
  locks: "what is done by one process at a time",
  migrations: "which migrations ran: of the installation",
  projects:
    "the projects themselves: few, and read together with the rest; `slug` is unique among all",
  settings: "facts about the installation",
  workers: "live processes, which work for all projects",
};

/**
 * The other tables are distributed by project (citus.test.ts). A row's node follows from its `project_id` alone, so a key
 * can only be kept unique where it holds that. What is not as in the others, and why.
 */
const exceptions: Record<string, string> = {
  "ended_deliveries: no primary key":
    "each of its partitions has one, (project_id, id); one of the whole table would be an additional index, for `event_id`",
};

/** From PostgreSQL's catalogue, of all tables with rows of projects. Partitions count as part of their table. */
async function found(sql: Sql): Promise<string[]> {
  const rows = await sql<{ obstacle: string }[]>`
    with ours as (
      select oid, relname, relkind from pg_class
      where relnamespace = 'signalbox'::regnamespace and relkind in ('r', 'p', 'f', 'm') and not relispartition
        and relname <> all(${Object.keys(ofAll)}::text[])
    ), owner as (
      select attrelid, attnum from pg_attribute where attname = 'project_id' and attnotnull and atttypid = 'uuid'::regtype
    )
    select relname || ': no project_id' as obstacle from ours
      where not exists (select from owner where attrelid = oid)
    union all select relname || ': no primary key' from ours
      where not exists (select from pg_index where indrelid = oid and indisprimary)
    union all select relname || ': ' || indexrelid::regclass::text || ' holds no project_id'
      from ours join pg_index on indrelid = ours.oid and indisunique
      where not exists (select from owner where attrelid = indrelid and attnum = any(indkey[:indnkeyatts - 1]))
    union all select relname || ': ' || conname || ' excludes' from ours join pg_constraint on conrelid = ours.oid
      where contype = 'x'
    union all select conrelid::regclass || ': foreign key to ' || confrelid::regclass from pg_constraint
      where contype = 'f' and 'signalbox'::regnamespace in (connamespace, (select relnamespace from pg_class where oid = confrelid))
    union all select relname || ': ' || attname || ' is numbered by one sequence' from ours
      join pg_attribute on attrelid = ours.oid
      where attidentity <> '' or pg_get_serial_sequence('signalbox.' || quote_ident(relname), attname) is not null
    union all select relname || ': trigger ' || tgname from ours join pg_trigger on tgrelid = ours.oid
      where not tgisinternal
    union all select p.relname || ': has a partition with partitions, ' || c.relname from pg_inherits
      join pg_class c on c.oid = inhrelid and c.relkind = 'p' join pg_class p on p.oid = inhparent
      where c.relnamespace = 'signalbox'::regnamespace`;
  return rows.map(({ obstacle }) => obstacle.replaceAll("signalbox.", "")).sort();
}

test("every table of projects has its project in its keys, and neither a sequence nor a trigger, but for a named exception", async () => {
  await using database = await freshDatabase();
  expect(await found(database.db.sql)).toEqual(Object.keys(exceptions).sort());
});

test("every table of projects begins with its project, and so does its primary key", async () => {
  await using database = await freshDatabase();
  const later = await database.db.sql`
    select relname as name from pg_class join pg_attribute a on a.attrelid = pg_class.oid and attname = 'project_id'
      left join pg_index i on i.indrelid = pg_class.oid and indisprimary
    where relnamespace = 'signalbox'::regnamespace and relkind in ('r', 'p')
      and (attnum <> 1 or indkey[0] <> attnum) order by 1`;
  expect([...later]).toEqual([]);
});

test("every sequence of the schema is of the migrations, which are of the installation", async () => {
  await using database = await freshDatabase();
  const sequences = await database.db.sql`
    select relname as name from pg_class where relnamespace = 'signalbox'::regnamespace and relkind = 'S'`;
  expect([...sequences]).toEqual([{ name: "migrations_id_seq" }]);
});

test("the three steps of an event's life are functions that take the project first, as all do that take one", async () => {
  await using database = await freshDatabase();
  const functions = await database.db.sql<{ name: string; first: string; type: string }[]>`
    select proname as name, proargnames[1] as first, proargtypes[0]::regtype::text as type from pg_proc
    where pronamespace = 'signalbox'::regnamespace and 'p_project' = any(proargnames) order by 1`;
  expect(functions.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["accept", "claim", "finish"]),
  );
  for (const { name, first, type } of functions)
    expect([name, first, type]).toEqual([name, "p_project", "uuid"]);
});

test("the tables that are of all projects are there", async () => {
  await using database = await freshDatabase();
  const rows = await database.db.sql<{ name: string }[]>`
    select relname as name from pg_class where relnamespace = 'signalbox'::regnamespace and relkind in ('r', 'p')
      and relname = any(${Object.keys(ofAll)}::text[]) order by 1`;
  expect([...rows]).toEqual(Object.keys(ofAll).map((name) => ({ name })));
});

test("a table whose keys leave the project out is noticed, however it does", async () => {
  await using database = await freshDatabase();
  const { sql } = database.db;
  await sql`create table signalbox.a (id uuid primary key)`;
  await sql`create table signalbox.b (project_id uuid not null, id uuid not null, name text unique,
    primary key (project_id, id))`;
  // Included columns make nothing unique.
  await sql`create table signalbox.c (project_id uuid not null, id uuid, unique (id) include (project_id))`;
  await sql`create table signalbox.d (project_id uuid not null, id bigserial, a uuid references signalbox.a,
    primary key (project_id, id))`;
  await sql`create table signalbox.e (project_id uuid, id uuid, primary key (id)) partition by range (id)`;
  await sql`create trigger noted after insert on signalbox.b for each row
    execute function signalbox.note_event_move()`;
  const more = (await found(sql)).filter((obstacle) => !(obstacle in exceptions));
  expect(more).toEqual([
    "a: a_pkey holds no project_id",
    "a: no project_id",
    "b: b_name_key holds no project_id",
    "b: trigger noted",
    "c: c_id_project_id_key holds no project_id",
    "c: no primary key",
    "d: foreign key to a",
    "d: id is numbered by one sequence",
    "e: e_pkey holds no project_id",
    "e: no project_id",
  ]);
});

/** What Citus refuses and a text shows (src/db/nodes/across.ts); the rest shows where CITUS_URL is given. */
const refused: [what: string, pattern: RegExp][] = [
  ["a case that compares what stands before its first when", /\bcase\s+(?!when\b)[\w.]+\s+when\b/i],
  [
    "an update to the clock's time",
    /\bupdate\s[^`]*?\bset\b(?:(?!\bwhere\b)[^`])*clock_timestamp\(\)/i,
  ],
];
const refusedIn = (text: string) =>
  refused.flatMap(([what, pattern]) => (pattern.test(text) ? [what] : []));

test("no statement compares in a case, or sets the clock's time: Citus would refuse it", async () => {
  const folder = join(import.meta.dirname, "../../src/db");
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".ts"));
  expect(files.length).toBeGreaterThan(100);
  for (const name of files)
    expect([name, ...refusedIn(await readFile(join(folder, name), "utf8"))]).toEqual([name]);
});

test("such a statement is noticed", () => {
  expect(refusedIn("`select case h.status when 'ACTIVE' then 1 end`")).toHaveLength(1);
  expect(refusedIn("`select case when h.status = 'ACTIVE' then 1 end`")).toEqual([]);
  expect(refusedIn("`update a set b = least(b, clock_timestamp()) where c`")).toHaveLength(1);
  expect(refusedIn("`update a set b = 1 where c < clock_timestamp()`")).toEqual([]);
});
