import { fileURLToPath } from "node:url";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { expect, test } from "vitest";
import { openDb, type Pool } from "../src/db/client.ts";
import { migrate, migrationsCurrent } from "../src/db/migrate.ts";
import { emptyDatabase } from "./fixtures/database.ts";
import { accepted, registerHook } from "./fixtures/emit.ts";
import { testHub } from "./fixtures/hub.ts";
import { created, typeWithEvents } from "./fixtures/resources.ts";

const migrationsFolder = fileURLToPath(new URL("../drizzle", import.meta.url));

/** The tables as the first version made them. */
async function firstVersion(sql: Pool) {
  const [first] = readMigrationFiles({ migrationsFolder });
  if (!first) throw new Error("there is no migration");
  for (const statement of first.sql) await sql.unsafe(statement);
  await sql`create table signalbox.migrations (id serial primary key, hash text not null, created_at bigint)`;
  await sql`insert into signalbox.migrations (hash, created_at) values (${first.hash}, ${first.folderMillis})`;
}

test("a migration gives way to the transactions of processes at work, and breaks none of them off", async () => {
  await using database = await emptyDatabase();
  const { sql } = database.db;
  await firstVersion(sql);
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
    await tx`select from signalbox.deliveries`;
    expect(await migrationsCurrent(other.sql)).toBe(false);
  });
  await migrated;
  expect(await migrationsCurrent(sql)).toBe(true);
});

test("a process that does not know a delivery's format cannot claim it", async () => {
  await using hub = await testHub({ roles: { api: true, worker: false } });
  const url = "http://127.0.0.1:9/";
  await typeWithEvents(hub);
  await registerHook(hub, { url, types: ["ticketsCreated"], format: "RESOURCE" });
  await registerHook(hub, { url, types: ["plain"] });
  await created(hub, { type: "tickets", resourceId: "1" });
  await accepted(hub, { type: "plain" });
  await using other = openDb(hub.settings.databaseUrl, 1);
  const session = other.sql;
  const claimable = async (formats: string) => {
    await session`select set_config('signalbox.formats', ${formats}, false)`;
    const claimed = await session<{ format: string }[]>`
      update signalbox.deliveries set lease_token = gen_random_uuid() where lease_token is null returning format`;
    await session`update signalbox.deliveries set lease_token = null`;
    return claimed.map(({ format }) => format).sort();
  };
  expect(await claimable("")).toEqual(["CLOUD_EVENT"]);
  expect(await claimable("STEP")).toEqual(["CLOUD_EVENT"]);
  expect(await claimable("RESOURCE,STEP")).toEqual(["CLOUD_EVENT", "RESOURCE"]);
});
