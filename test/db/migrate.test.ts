import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { expect, test } from "vitest";
import { openDb, type Pool } from "../../src/db/connection/client.ts";
import { whyRefused } from "../../src/db/connection/requirements.ts";
import { migrate, migrationsCurrent } from "../../src/db/schema/migrate.ts";
import { emptyDatabase, freshDatabase } from "../fixtures/database.ts";

const migrationsFolder = fileURLToPath(new URL("../../drizzle", import.meta.url));
const journal = new URL("../../drizzle/meta/_journal.json", import.meta.url);

/** The tables as they are in the middle of all migrations. */
async function onlyFirstMigration(sql: Pool) {
  const [first] = readMigrationFiles({ migrationsFolder });
  if (!first) throw new Error("there is no migration");
  for (const statement of first.sql) await sql.unsafe(statement);
  await sql`create table signalbox.migrations (id serial primary key, hash text not null, created_at bigint)`;
  await sql`insert into signalbox.migrations (hash, created_at) values (${first.hash}, ${first.folderMillis})`;
}

test("processes that start at once on an empty database migrate it once", async () => {
  await using database = await emptyDatabase();
  expect(await migrationsCurrent(database.db.sql)).toBe(false);
  await Promise.all([migrate(database), migrate(database), migrate(database)]);

  expect(await migrationsCurrent(database.db.sql)).toBe(true);
  const { entries } = JSON.parse(await readFile(journal, "utf8"));
  const applied = await database.db.sql`select created_at from signalbox.migrations order by id`;
  expect(applied.map((row) => Number(row.created_at))).toEqual(
    entries.map((entry: { when: number }) => entry.when),
  );
  const [queue] = await database.db.sql`select to_regclass('graphile_worker.jobs') as jobs`;
  expect(queue?.jobs).not.toBeNull();
});

test("a migrated database is left as it is", async () => {
  await using database = await freshDatabase();
  const before = await database.db.sql`select * from signalbox.migrations`;
  await migrate(database);
  expect(await database.db.sql`select * from signalbox.migrations`).toEqual(before);
});

test("a database that lacks a migration is not current until it has it", async () => {
  await using database = await freshDatabase();
  const { sql } = database.db;
  await sql`
    update signalbox.migrations set created_at = 0
    where created_at = (select max(created_at) from signalbox.migrations)`;
  expect(await migrationsCurrent(sql)).toBe(false);
});

test("a migration gives way to the transactions of processes at work, and breaks none of them off", async () => {
  await using database = await emptyDatabase();
  const { sql } = database.db;
  await onlyFirstMigration(sql);
  await using other = openDb(database.url, 1);
  let migrated: Promise<void> | undefined;
  await sql.begin(async (tx) => {
    // Held as by an emit that goes on: the migration has every table before this one, and waits.
    await tx`select from signalbox.hooks`;
    migrated = migrate(database);
    const waits = async () =>
      (
        await other.sql`select from pg_stat_activity where datname = current_database()
          and wait_event_type = 'Lock' and query like 'lock table%'`
      ).length;
    await expect.poll(waits, { timeout: 60_000 }).toBe(1);
    await tx`select from signalbox.ended_deliveries`;
    expect(await migrationsCurrent(other.sql)).toBe(false);
  });
  await migrated;
  expect(await migrationsCurrent(sql)).toBe(true);
});

test("a database of before the first release is refused in one sentence, and left as it is", async () => {
  await using database = await freshDatabase();
  const { sql } = database.db;
  // When the last of those that led to no release was made.
  await sql`update signalbox.migrations set created_at = 1796009782223 where id = 1`;
  await expect(migrate(database)).rejects.toThrow(
    /^The database has tables of an unreleased version of Signalbox, .* and start again\.$/,
  );
  expect(await sql`select from signalbox.migrations`).toHaveLength(2);
});

/** Each migration's time with the hash of its text: whoever changes a text gives it another time, and notes both here. */
test("a migration that is changed has another time, by which a database of before is known", () => {
  const migrations = readMigrationFiles({ migrationsFolder });
  expect(migrations.map(({ folderMillis, hash }) => [folderMillis, hash])).toEqual([
    [1796112061474, "676b76a30f727a130de54177036f9c61113d38f57fef1d85f541e11dbdcbc848"],
    [1796112061475, "a46508fd14da400cc9bf09c16be881de37f4bc53dbbe21e4b0d3f766c7f6bb28"],
  ]);
});

test("a database that does not exist is named", async () => {
  await using database = await emptyDatabase();
  const url = Object.assign(new URL(database.url), { pathname: "/nowhere" }).href;
  await expect(migrate({ url })).rejects.toThrow(
    /^The database server at .+ has no database named nowhere: create it first\.$/,
  );
});

test("a user unknown to the server and a server that is not there are told apart", async () => {
  await using database = await emptyDatabase();
  const intruder = Object.assign(new URL(database.url), { username: "stranger" }).href;
  await expect(migrate({ url: intruder })).rejects.toThrow("refuses the user of DATABASE_URL");
  const nobody = "postgres://hub:sesame@127.0.0.1:1/hub";
  await expect(migrate({ url: nobody })).rejects.toThrow(
    "The database server at 127.0.0.1:1 cannot be reached",
  );
  await expect(migrate({ url: "postgres://hub:sesame@[::1]:1/hub" })).rejects.toThrow(
    "The database server at [::1]:1 cannot be reached",
  );
});

const good = {
  version: 180004,
  fsync: "on",
  full_page_writes: "on",
  synchronous_commit: "on",
  encoding: "UTF8",
  is_standby: false,
  session_replication_role: "origin",
  search_path: "pg_catalog, pg_temp",
};

test("a server that keeps what it confirms is taken", () => {
  expect(whyRefused(good)).toBeUndefined();
  expect(whyRefused({ ...good, version: 150000, synchronous_commit: "remote_apply" })).toBe(
    undefined,
  );
});

test.each([
  [{ version: 140011 }, "PostgreSQL 14.11, and Signalbox needs 15 or newer"],
  [{ fsync: "off" }, "fsync = off"],
  [{ full_page_writes: "off" }, "full_page_writes = off"],
  [{ synchronous_commit: "off" }, "synchronous_commit = off"],
  [{ synchronous_commit: "local" }, "synchronous_commit = local"],
  [{ encoding: "LATIN1" }, "encoding LATIN1, and Signalbox needs UTF8"],
  [{ is_standby: true }, "is a standby"],
  [{ session_replication_role: "replica" }, "session_replication_role = replica"],
  [{ search_path: "public" }, "a connection pooler in between drops them"],
])("a server with %o is refused in words", (wrong, words) => {
  expect(whyRefused({ ...good, ...wrong })).toContain(words);
});
