import { expect, test } from "vitest";
import type { Sql } from "../../src/db/connection/client.ts";
import { removeExpired } from "../../src/worker/job/retention.ts";
import { busyHub } from "../fixtures/busyHub.ts";
import { accepted, registerHook } from "../fixtures/emit.ts";
import { testHub } from "../fixtures/hub.ts";
import { agedDatabase, partitionOf } from "../fixtures/partitions.ts";
import { receiver } from "../fixtures/receiver.ts";

const ROWS = 30_000;

/** What a hub has after a while: very many rows that are over, of some days, all in the project that goes on. */
async function fill(sql: Sql) {
  const id = sql`overlay(gen_random_uuid()::text placing left(hex, 8) || '-' || right(hex, 4) from 1 for 13)::uuid`;
  await sql`
    create temporary table old as
    select p.id as project_id, ${id} as event_id, ${id} as id, h.id as hook_id, number
    from signalbox.projects p, (select gen_random_uuid() as id) h, generate_series(1, ${ROWS}::int) as number,
      lpad(to_hex((extract(epoch from now() - number * (interval '4 days' / ${ROWS})) * 1000)::bigint), 12, '0') as hex`;
  await sql`
    insert into signalbox.events (project_id, id, type, name, content_type, origin, occurred_at, status, config_version)
    select project_id, event_id, 'a', 'Old', 'TEXT', 'CUSTOM', now(), 'PROCESSED', 1 from old`;
  await sql`
    insert into signalbox.ended_deliveries (project_id, id, event_id, hook_id, format, status, attempt_count,
      max_attempts, completed_at, created_at)
    select project_id, id, event_id, hook_id, 'CLOUD_EVENT', 'SUCCEEDED', 2, 4, now(), now() from old`;
  // What waits for a hook that is paused.
  await sql`
    insert into signalbox.queue (project_id, id, event_id, hook_id, format, status, max_attempts)
    select project_id, gen_random_uuid(), event_id, hook_id, 'CLOUD_EVENT', 'PARKED', 4 from old`;
  await sql`
    insert into signalbox.earlier_attempts (project_id, delivery_id, number, started_at, elapsed_ms, outcome, request_headers)
    select project_id, id, 1, now(), 1, 'SUCCESS', '{}' from old`;
  await sql`
    insert into signalbox.feed (project_id, first, last, at, items)
    select project_id, head + number, head + number, now() - (${ROWS} - number) * (interval '4 days' / ${ROWS}),
      json_build_array(json_build_object('kind', 'EVENT', 'id', event_id, 'state', json_build_object()))
    from old join signalbox.heads using (project_id)`;
  await sql`update signalbox.heads set head = head + ${ROWS}`;
  // It has been counted in the meantime: statistics read each record once.
  await sql`
    insert into signalbox.statistics_positions (project_id, position) select project_id, head from signalbox.heads
    on conflict (project_id) do update set position = excluded.position`;
  await sql`analyze`;
}

/** Rows read so far of each table that grows for as long as the hub runs. */
async function rowsRead(sql: Sql): Promise<Record<string, number>> {
  await sql`select pg_stat_clear_snapshot()`;
  const rows = await sql<{ name: string; read: number }[]>`
    select coalesce(pg_partition_root(relid), relid)::regclass::text as name,
      sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::float8 as read
    from pg_stat_user_tables where schemaname = 'signalbox' and (relname = 'queue' or pg_partition_root(relid) is not null)
    group by 1`;
  return Object.fromEntries(rows.map(({ name, read }) => [name, read]));
}

/** What a connection has read is counted once it has ended. */
async function ended(sql: Sql) {
  const open = async () =>
    Number(
      (
        await sql`select count(*) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and application_name <> ''`
      )[0]?.count,
    );
  await expect.poll(open, { timeout: 60_000 }).toBeLessThan(6);
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
  await using database = await agedDatabase(6);
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
  await ended(sql);
  const after = await rowsRead(sql);
  expect(Object.keys(after)).toHaveLength(5);
  for (const [table, read] of Object.entries(after))
    expect({ table, read: read - (before[table] ?? 0) }).toSatisfy((it) => it.read < ROWS / 10);
});

test("emits, deliveries and finishes of now only look rows up in the current partition", async () => {
  await using database = await agedDatabase(6);
  await using target = await receiver();
  const { sql } = database.db;
  const { settings, ...first } = await testHub({ databaseUrl: database.url });
  await first[Symbol.asyncDispose]();
  await fill(sql);
  /** Key lookups in partitions that have rows. Due events are looked for in all of them, by other indexes than the key. */
  const lookedUp = async () => {
    await sql`select pg_stat_clear_snapshot()`;
    const rows = await sql<{ name: string; n: number }[]>`
      select s.relname as name, sum(s.idx_scan)::int as n from pg_stat_user_indexes s join pg_index using (indexrelid) join pg_class c on c.oid = relid and c.reltuples > 0
      where schemaname = 'signalbox' and (indisunique and s.relname ~ '^events_' or s.relname ~ '^(ended_deliveries|earlier_attempts)_') group by 1`;
    return Object.fromEntries(rows.map(({ name, n }) => [name, n]));
  };
  const before = await lookedUp();
  const ids: string[] = [];
  {
    await using hub = await testHub(settings);
    await registerHook(hub, { url: target.url, types: ["now"] });
    for (let count = 0; count < 30; count++) ids.push((await accepted(hub, { type: "now" })).id);
    const open = async () =>
      Number(
        (
          await hub.db
            .sql`select count(*) from signalbox.events where type = 'now' and status = 'PROCESSED'`
        )[0]?.count,
      );
    await expect.poll(open, { timeout: 60_000 }).toBe(30);
  }
  await ended(sql);
  const after = await lookedUp();
  const moved = Object.keys(after).filter((name) => (after[name] ?? 0) > (before[name] ?? 0));
  // One, unless it was midnight.
  const partitions = await Promise.all(ids.map((id) => partitionOf(sql, "events", "id", id)));
  const now = new Set(partitions.map((name) => name.slice("events".length)));
  expect(
    moved.filter(
      (name) => !now.has(name.replace(/^(events|ended_deliveries|earlier_attempts)/, "")),
    ),
  ).toEqual([]);
  for (const suffix of now) expect(moved).toContain(`ended_deliveries${suffix}`);
});
