import { afterAll, beforeAll, expect, test } from "vitest";
import { openSession, type Sql } from "../../src/db/connection/client.ts";
import { setRlsContext } from "../../src/db/read/reader.ts";
import { openReadPools } from "../../src/db/read/readPools.ts";
import { newId } from "../../src/util/ids.ts";
import { freshDatabase } from "../fixtures/database.ts";

/** What belongs to the installation, and to no project. */
const ofNobody = ["locks", "migrations", "settings", "workers"];

const ours = newId();
const theirs = newId();

let database: Awaited<ReturnType<typeof freshDatabase>>;
let reads: Awaited<ReturnType<typeof openReadPools>>;
/** The tables of projects, and the column of each that says whose a row is. */
let tables: { name: string; owner: string }[];

beforeAll(async () => {
  database = await freshDatabase();
  reads = await openReadPools(database.url);
  tables = await database.db.sql<{ name: string; owner: string }[]>`
    select c.relname as name, case c.relname when 'projects' then 'id' else 'project_id' end as owner
    from pg_class c where c.relnamespace = 'signalbox'::regnamespace and c.relkind in ('r', 'p')
      and not c.relispartition and c.relname <> all(${ofNobody}::text[]) order by c.relname`;
  for (const table of tables) for (const project of [ours, theirs]) await addRow(table, project);
});
afterAll(async () => {
  await reads[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** Puts any row of a project into a table, whatever columns it has. */
async function addRow({ name, owner }: { name: string; owner: string }, project: string) {
  const { sql } = database.db;
  const columns = await sql<{ column: string; value: string }[]>`
    select attname as column, case
        when attname = ${owner} then ${project}
        when attname = 'status' then case ${name}::text when 'queue' then 'PENDING' else 'FAILED' end
        when attname = 'items' then json_build_array(json_build_object('kind', 'HOOK', 'id', gen_random_uuid()))::text
        when format_type(atttypid, null) = 'uuid' then gen_random_uuid()::text
        when format_type(atttypid, null) in ('json', 'jsonb') or attndims > 0 then '{}'
        when format_type(atttypid, null) like 'timestamp%' then now()::text
        when format_type(atttypid, null) = 'boolean' then 'true'
        when format_type(atttypid, null) = 'text' then gen_random_uuid()::text
        else '1' end as value
    from pg_attribute
    where attrelid = ('signalbox.' || ${name}::text)::regclass and attnum > 0 and attnotnull and not atthasdef
      and attidentity = '' and attgenerated = '' and not attisdropped`;
  const row = Object.fromEntries(
    columns.map(({ column, value }) => [column, column === "items" ? JSON.parse(value) : value]),
  );
  await sql`insert into signalbox.${sql(name)} ${sql(row)}`;
}

/** How many rows of whom a table shows. */
const owners = async (sql: Sql, { name, owner }: { name: string; owner: string }) =>
  (await sql`select ${sql(owner)}::text as owner from signalbox.${sql(name)} order by 1`).map(
    (row) => row.owner,
  );

test("each table of projects has row-level security and the one policy; no other table is open to the reader", async () => {
  const found = await database.db.sql`
    select c.relname as name, c.relrowsecurity as on, pg_get_expr(p.polqual, c.oid) as rule
    from pg_class c left join pg_policy p on p.polrelid = c.oid
    where c.relnamespace = 'signalbox'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    order by 1`;
  const rule = (owner: string) =>
    `(${owner} = (NULLIF(current_setting('signalbox.project'::text, true), ''::text))::uuid)`;
  expect(found).toEqual(
    [
      ...ofNobody.map((name) => ({ name, on: false, rule: null })),
      ...tables.map(({ name, owner }) => ({ name, on: true, rule: rule(owner) })),
    ].sort((a, b) => (a.name < b.name ? -1 : 1)),
  );
  for (const name of ofNobody) {
    const reading = reads.read(ours, (sql) => sql`select from signalbox.${sql(name)}`);
    await expect(reading).rejects.toThrow("permission denied");
  }
});

test("a query without any condition shows the rows of the project that asks, in every table", async () => {
  for (const table of tables) {
    expect([table.name, await owners(database.db.sql, table)]).toEqual([
      table.name,
      [ours, theirs].sort(),
    ]);
    for (const project of [ours, theirs]) {
      const seen = await reads.read(project, (sql) => owners(sql, table));
      expect([table.name, seen]).toEqual([table.name, [project]]);
    }
    expect(await reads.read(newId(), (sql) => owners(sql, table))).toEqual([]);
  }
});

test("the views over them show the rows of the project that asks, and without one none", async () => {
  const views = await database.db.sql<{ name: string }[]>`
    select relname as name from pg_class where relnamespace = 'signalbox'::regnamespace and relkind in ('v', 'm') order by 1`;
  expect(views.map(({ name }) => name)).toEqual(["attempts", "changes", "deliveries"]);
  for (const { name } of views) {
    const view = { name, owner: "project_id" };
    const everybodys = await owners(database.db.sql, view);
    expect([name, [...new Set(everybodys)]]).toEqual([name, [ours, theirs].sort()]);
    for (const project of [ours, theirs]) {
      const seen = await reads.read(project, (sql) => owners(sql, view));
      expect([name, seen]).toEqual([name, everybodys.filter((owner) => owner === project)]);
    }
    expect(await reads.read(newId(), (sql) => owners(sql, view))).toEqual([]);
  }
});

test("without a project, and after one, the reader sees nothing at all", async () => {
  const nothing = tables.map(({ name }) => [name, []]);
  const all = async (sql: Sql) => {
    const seen = [];
    for (const table of tables) seen.push([table.name, await owners(sql, table)]);
    return seen;
  };
  const asReader = (sql: Sql) => sql`select set_config('role', 'signalbox_reader', true)`;
  await database.db.sql.begin(async (tx) => {
    await asReader(tx);
    expect(await all(tx)).toEqual(nothing);
  });
  const session = openSession(database.url);
  try {
    await session`begin`;
    await session`select set_config('signalbox.project', ${ours}, true)`;
    await session`commit`;
    await session`begin`;
    await asReader(session);
    expect(await all(session)).toEqual(nothing);
    await session`rollback`;
  } finally {
    await session.end();
  }
});

test("many reads of many projects at once keep apart, also where some of them fail", async () => {
  const events = { name: "events", owner: "project_id" };
  const asked = Array.from({ length: 300 }, (_, index) => (index % 2 === 0 ? ours : theirs));
  const answers = await Promise.all(
    asked.map((project, index) =>
      index % 7 === 0
        ? reads.read(project, (sql) => sql`select 1 / 0`).catch(({ message }) => [message])
        : reads.read(project, (sql) => owners(sql, events)),
    ),
  );
  expect(answers).toEqual(
    asked.map((project, index) => [index % 7 === 0 ? "division by zero" : project]),
  );
});

test("the reader can write no row and call no door", async () => {
  const write = (statement: (tx: Sql) => PromiseLike<unknown>) =>
    expect(
      database.db.sql.begin(async (tx) => {
        await setRlsContext(tx, ours);
        await statement(tx);
      }),
    ).rejects.toThrow("permission denied");
  for (const { name, owner } of tables) {
    await write((tx) => tx`delete from signalbox.${tx(name)}`);
    await write((tx) => tx`update signalbox.${tx(name)} set ${tx(owner)} = ${ours}`);
    await write((tx) => tx`insert into signalbox.${tx(name)} (${tx(owner)}) values (${ours})`);
  }
  await write((tx) => tx`select signalbox.emit('x')`);
});
