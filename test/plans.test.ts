import { expect, test } from "vitest";
import type { Sql } from "../src/db/client.ts";
import { removeExpired } from "../src/worker/retention.ts";
import { busyHub } from "./fixtures/busyHub.ts";
import { freshDatabase } from "./fixtures/database.ts";
import { testHub } from "./fixtures/hub.ts";

const ROWS = 30_000;

/** What a hub has after a while: very many rows that are over, all in the project that goes on. */
async function fill(sql: Sql) {
  await sql`
    create temporary table old as
    select p.id as project_id, gen_random_uuid() as event_id, gen_random_uuid() as id, h.id as hook_id, number
    from signalbox.projects p, (select gen_random_uuid() as id) h, generate_series(1, ${ROWS}::int) as number`;
  await sql`
    insert into signalbox.events (project_id, id, type, name, content_type, origin, occurred_at, status, config_version)
    select project_id, event_id, 'a', 'Old', 'TEXT', 'CUSTOM', now(), 'PROCESSED', 1 from old`;
  await sql`
    insert into signalbox.deliveries (project_id, id, event_id, hook_id, format, status, max_attempts, completed_at)
    select project_id, id, event_id, hook_id, 'CLOUD_EVENT', 'SUCCEEDED', 4, now() from old`;
  await sql`
    insert into signalbox.attempts (project_id, delivery_id, number, started_at, elapsed_ms, outcome, request_headers)
    select project_id, id, 1, now(), 1, 'SUCCESS', '{}' from old`;
  await sql`
    insert into signalbox.changes (project_id, kind, entity_id, created, state)
    select project_id, 'EVENT', event_id, true, '{}' from old`;
  await sql`analyze`;
}

/** Rows read so far of each table that grows for as long as the hub runs. */
async function rowsRead(sql: Sql): Promise<Record<string, number>> {
  await sql`select pg_stat_clear_snapshot()`;
  const rows = await sql<{ name: string; read: number }[]>`
    select relname as name, (seq_tup_read + coalesce(idx_tup_fetch, 0))::float8 as read
    from pg_stat_user_tables where schemaname = 'signalbox'
      and relname in ('events', 'deliveries', 'attempts', 'changes')`;
  return Object.fromEntries(rows.map(({ name, read }) => [name, read]));
}

const LISTS = `{
  overview { oldestWaitingSeconds acceptedPerSecond failingHooks }
  events(first: 20, types: ["b"]) { nodes { id deliveries(first: 5) { nodes { status attempts { number } } } } }
  deliveries(first: 20, status: FAILED) { nodes { id event { name } } }
  hooks(first: 20) { nodes { id waitingCount parkedCount hours { succeeded } deliveries(first: 5) { nodes { id } } } }
  eventTypes(first: 20) { nodes { name hooks(first: 5) { nodes { id } } } }
  workflows(first: 20) { nodes { id runs(first: 5) { nodes { id } } } }
}`;

test("nothing that a hub does all day reads the whole of a table that grows", async () => {
  await using database = await freshDatabase();
  const { sql } = database.db;
  const { settings, ...first } = await testHub({ databaseUrl: database.url });
  await first[Symbol.asyncDispose]();
  await fill(sql);
  const before = await rowsRead(sql);
  {
    await using hub = await busyHub(settings);
    await hub.run(LISTS);
    await removeExpired(hub.db, 30);
  }
  // What a connection has read is counted once it has ended.
  const gone = async () =>
    Number(
      (
        await sql`select count(*) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and application_name <> ''`
      )[0]?.count,
    );
  await expect.poll(gone, { timeout: 20_000 }).toBeLessThan(6);
  const after = await rowsRead(sql);
  for (const [table, read] of Object.entries(after))
    expect({ table, read: read - (before[table] ?? 0) }).toSatisfy((it) => it.read < ROWS / 2);
});
