import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDb, openSession, type Pool } from "../../src/db/connection/client.ts";
import { withMaintenanceSession } from "../../src/db/retention/maintenanceSession.ts";
import { registerHook } from "../fixtures/emit.ts";
import { change, countByStatus, emit } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver } from "../fixtures/receiver.ts";

const stack = new AsyncDisposableStack();
const role = `emitter_${randomBytes(6).toString("hex")}`;
let hub: TestHub;
let target: Receiver;
let hookId: string;
/** The database as a role sees it that may do nothing but `select signalbox.emit(…)`. */
let stranger: URL;

beforeAll(async () => {
  target = stack.use(await receiver());
  hub = stack.use(await testHub());
  hookId = await registerHook(hub, { url: target.url, types: ["a"] });
  const { sql } = hub.db;
  await sql`create role ${sql(role)} login password 'emitter'`;
  stack.defer(async () => {
    await sql`drop owned by ${sql(role)}`;
    await sql`drop role ${sql(role)}`;
  });
  await sql`grant usage on schema signalbox to ${sql(role)}`;
  await sql`grant execute on function signalbox.emit to ${sql(role)}`;
  stranger = Object.assign(new URL(hub.settings.databaseUrl), {
    username: role,
    password: "emitter",
  });
});
afterAll(() => stack.disposeAsync());

test("a role that may use the schema and execute the function needs no other right to emit", async () => {
  const session = openSession(stranger.href);
  try {
    const [row] = await session`select signalbox.emit('by role') as id`;
    const status = async () =>
      (await hub.db.sql`select status from signalbox.events where id = ${row?.id}`)[0]?.status;
    await expect.poll(status, { timeout: 20_000 }).toBe("PROCESSED");
    await expect(session`select from signalbox.events`).rejects.toThrow("permission denied");
  } finally {
    await session.end();
  }
});

/** The number by which processes that migrate take turns. */
const MIGRATION = "7346201852";

/** Holds every advisory lock that the role can learn of, and waits for those that the hub has now. */
async function holdEverything(session: Pool, waiting: Pool) {
  await session.unsafe("set statement_timeout = 0");
  await session`select pg_advisory_lock(${MIGRATION}::bigint)`;
  const held = await session<{ key: string }[]>`
    select distinct classid::bigint << 32 | objid::bigint as key from pg_locks
    where locktype = 'advisory' and pid <> pg_backend_pid()
      and database = (select oid from pg_database where datname = current_database())`;
  for (const { key } of held)
    waiting`select pg_advisory_lock(${key}::bigint)`.execute().catch(() => {});
  return held.length;
}

test("a role that may only emit keeps nobody from anything by advisory locks", async () => {
  const session = openSession(stranger.href);
  await using waiting = openDb(stranger.href, 20);
  try {
    expect(await holdEverything(session, waiting.sql)).toBeGreaterThan(0);

    // Emits, deliveries, changes of hooks, claims.
    for (let round = 0; round < 3; round += 1)
      expect(await emit(hub, { type: "a" })).toMatchObject({ status: "PROCESSED" });
    expect((await change(hub, "pauseHook", hookId)).hook?.status).toBe("PAUSED");
    await emit(hub, { type: "a", waitMs: 0 });
    expect((await change(hub, "resumeHook", hookId)).hook?.status).toBe("ACTIVE");
    await expect.poll(() => countByStatus(hub)).toEqual({ SUCCEEDED: 4 });
    // Another process starts, and makes partitions; so does a retention run.
    const { databaseUrl } = hub.settings;
    expect(await withMaintenanceSession(databaseUrl, async () => "at it")).toBe("at it");
    await using other = await testHub(hub.settings);
    expect(await emit(other, { type: "a" })).toMatchObject({ status: "PROCESSED" });
  } finally {
    await session.end({ timeout: 1 });
  }
});

test("nor by locks of what the hub locks instead", async () => {
  const session = openSession(stranger.href);
  try {
    for (const statement of [
      "select from signalbox.heads for update",
      "select from signalbox.locks for update",
      "select signalbox.enter_feed(gen_random_uuid(), null)",
      "select signalbox.held_by_hub(1)",
    ])
      await expect(session.begin((tx) => tx.unsafe(statement))).rejects.toThrow(
        /permission denied/,
      );
  } finally {
    await session.end();
  }
});

test("nor by a transaction that stays open after it has emitted", async () => {
  const session = openSession(stranger.href);
  try {
    await session.begin(async (tx) => {
      await tx`set local idle_in_transaction_session_timeout = 0`;
      await tx`select signalbox.emit('a')`;
      const held = await tx<{ relation: string }[]>`
        select relation::regclass::text as relation from pg_locks
        where pid = pg_backend_pid() and mode not in ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock', 'ExclusiveLock')`;
      expect(held).toEqual([]);
      expect(await emit(hub, { type: "a" })).toMatchObject({ status: "PROCESSED" });
      expect((await change(hub, "pauseHook", hookId)).hook?.status).toBe("PAUSED");
      expect((await change(hub, "resumeHook", hookId)).hook?.status).toBe("ACTIVE");
      await using other = await testHub(hub.settings);
      expect(await emit(other, { type: "a" })).toMatchObject({ status: "PROCESSED" });
    });
  } finally {
    await session.end();
  }
});

test("partitions are maintained by one process at a time, however the first one ended", async () => {
  const { databaseUrl } = hub.settings;
  const inner = await withMaintenanceSession(databaseUrl, () =>
    withMaintenanceSession(databaseUrl, async () => "second"),
  );
  expect(inner).toBe(undefined);
  expect(await withMaintenanceSession(databaseUrl, async () => "next")).toBe("next");
});
