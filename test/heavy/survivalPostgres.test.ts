import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, inject, test } from "vitest";
import { openDb } from "../../src/db/connection/client.ts";
import { isOutage } from "../../src/db/connection/outage.ts";
import { freePort } from "../../src/db/embedded/freePort.ts";
import { findRunning, startEmbedded } from "../../src/db/embedded/start.ts";
import { freshDatabase } from "../fixtures/database.ts";
import { sendTo } from "../fixtures/hub.ts";
import { type HubProcess, hubProcess, installation } from "../fixtures/process.ts";
import { receiver } from "../fixtures/receiver.ts";
import { following, overSocket } from "../fixtures/subscription.ts";

const HOOK = `mutation ($url: String!) { registerHook(input: { url: $url, types: ["*"], maxInFlight: 64 }) { userErrors { message } } }`;
const EMIT = `mutation { emitEvent(input: { type: "a" }) { event { id } userErrors { message } } }`;
const patience = { timeout: 60_000 };

/** Emits until told to stop, and keeps the ids of what was accepted. */
function emitter(hubs: HubProcess[], key: string) {
  const accepted: string[] = [];
  let isOver = false;
  async function emit() {
    for (let turn = 0; !isOver; turn++) {
      const url = hubs[turn % hubs.length]?.url ?? "";
      const answer = await sendTo<{ emitEvent: { event: { id: string } } }>(url, key, EMIT).catch(
        () => null,
      );
      if (answer?.data?.emitEvent?.event) accepted.push(answer.data.emitEvent.event.id);
      else await pause(20);
    }
  }
  const running = Promise.all([emit(), emit()]);
  return {
    accepted,
    async stop() {
      isOver = true;
      await running;
    },
  };
}

const postmasterOf = async (dataDir: string) =>
  Number.parseInt(await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8"), 10);

async function accepts(url: string): Promise<boolean> {
  await using db = openDb(url, 1);
  const rows = await db.sql`select 1`.catch(() => []);
  return rows.length === 1;
}

test("when PostgreSQL is killed or restarted, no hub ends, deliveries and streams flow again within 10 seconds, and nothing accepted is lost", async () => {
  await using target = await receiver();
  const dataDir = await mkdtemp(join(tmpdir(), "survival-"));
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  await using server = await startEmbedded({ dataDir, log });
  const site = installation({ DATABASE_URL: server.url });
  await using first = await hubProcess(site);
  await using second = await hubProcess(site);
  await first.run(HOOK, { url: target.url });
  await using live = overSocket<{ event: { id: string } }>(
    { url: first.url, key: site.key },
    "subscription { eventEmitted { event { id } } }",
  );
  await following(first.url, 1);
  const emits = emitter([first, second], site.key);
  const arrived = () => new Set(target.requests.map(({ headers }) => headers["webhook-id"]));
  for (const signal of ["SIGKILL", "SIGINT", "SIGKILL"] as const) {
    const before = emits.accepted.length;
    await expect.poll(() => emits.accepted.length, patience).toBeGreaterThan(before + 20);
    const postmaster = await postmasterOf(dataDir);
    process.kill(postmaster, signal);
    const isAnother = async () =>
      (await postmasterOf(dataDir).catch(() => postmaster)) !== postmaster;
    await expect.poll(isAnother, patience).toBe(true);
    await expect.poll(() => accepts(server.url), patience).toBe(true);
    const atReturn = emits.accepted.length;
    await expect.poll(() => emits.accepted.length, patience).toBeGreaterThan(atReturn + 5);
    const id = emits.accepted.at(-1) ?? "";
    await expect.poll(() => arrived().has(id), patience).toBe(true);
  }
  await emits.stop();
  await expect.poll(() => emits.accepted.filter((id) => !arrived().has(id)), patience).toEqual([]);
  const streamed = () => live.items.map(({ event }) => event.id);
  const unseen = () => emits.accepted.filter((id) => !streamed().includes(id));
  await expect.poll(unseen, patience).toEqual([]);
  expect(new Set(streamed()).size).toBe(live.items.length);
  for (const hub of [first, second]) expect((await fetch(`${hub.url}/readyz`)).status).toBe(200);
});

test("however many ask while PostgreSQL is away, each is refused soon", async () => {
  const url = `postgres://nobody@127.0.0.1:${await freePort()}/none`;
  await using db = openDb(url, 2);
  const asked = Array.from({ length: 1_000 }, () => db.sql`select 1`);
  const answers = await Promise.allSettled(asked);
  expect(answers.every((answer) => answer.status === "rejected" && isOutage(answer.reason))).toBe(
    true,
  );
  // Two connections, each tried every half a second, would take longer than a test may to refuse one after the other.
});

test("a connection that broke within a query tells the next one that the server refuses it, and does not wait", async () => {
  await using database = await freshDatabase();
  await using db = openDb(database.url, 1);
  await using server = openDb(inject("postgres").url, 1);
  const name = new URL(database.url).pathname.slice(1);
  const allow = (isAllowed: boolean) =>
    server.sql.unsafe(`alter database "${name}" allow_connections ${isAllowed}`);
  const [connection] = await db.sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  const broken = expect(db.sql`select pg_sleep(60)`.execute()).rejects.toThrow();
  const isSleeping = async () =>
    (
      await server.sql`select from pg_stat_activity where wait_event = 'PgSleep' and pid = ${connection?.pid ?? 0}`
    ).length === 1;
  await expect.poll(isSleeping, patience).toBe(true);
  await allow(false);
  await server.sql`select pg_terminate_backend(${connection?.pid ?? 0})`;
  await broken;
  const refused = await db.sql`select 1`.then(
    () => null,
    (error) => error,
  );
  await allow(true);
  expect(isOutage(refused)).toBe(true);
  // What is asked while the refused connection is closing is refused with it.
  await expect.poll(() => db.sql`select 1 as one`.catch(() => []), patience).toEqual([{ one: 1 }]);
});

test("a database that is closed to connections for a while is away, and what comes of it is told so", async () => {
  await using database = await freshDatabase();
  const site = installation({ DATABASE_URL: database.url });
  await using hub = await hubProcess(site);
  await using live = overSocket<{ event: { id: string } }>(
    { url: hub.url, key: site.key },
    "subscription { eventEmitted { event { id } } }",
  );
  await following(hub.url, 1);
  await using server = openDb(inject("postgres").url, 1);
  const name = new URL(database.url).pathname.slice(1);
  await server.sql`alter database ${server.sql(name)} allow_connections false`;
  await server.sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
  const refused = await sendTo(hub.url, site.key, EMIT);
  expect(refused).toMatchObject({ status: 503, errors: [{ extensions: { code: "UNAVAILABLE" } }] });
  await server.sql`alter database ${server.sql(name)} allow_connections true`;
  const emit = () =>
    sendTo<{ emitEvent: { event: { id: string } } }>(hub.url, site.key, EMIT).catch(() => null);
  let id: string | undefined;
  const isAccepted = async () => {
    id = (await emit())?.data?.emitEvent?.event?.id;
    return id !== undefined;
  };
  await expect.poll(isAccepted, patience).toBe(true);
  await expect.poll(() => live.items.map(({ event }) => event.id), patience).toContain(id);
  expect(live.errors).toEqual([]);
});

test("whichever connection is cut, the hub goes on", async () => {
  await using target = await receiver();
  await using database = await freshDatabase();
  const { sql } = database.db;
  const site = installation({ DATABASE_URL: database.url });
  await using hub = await hubProcess(site);
  await hub.run(HOOK, { url: target.url });
  const emits = emitter([hub], site.key);
  const arrived = () => new Set(target.requests.map(({ headers }) => headers["webhook-id"]));
  const classes = {
    listener: sql`query like 'listen%' and application_name = 'signalbox session'`,
    liveness: sql`pid in (select pid from pg_locks where locktype = 'advisory' and granted and objsubid = 1)
      and application_name = 'signalbox session'`,
    jobs: sql`query ilike '%graphile_worker%' and application_name = 'signalbox'`,
    api: sql`application_name = 'signalbox' and query not ilike '%graphile_worker%'`,
    all: sql`true`,
  };
  for (const [name, which] of Object.entries(classes)) {
    for (let cut = 0; cut < 3; cut++) {
      const kill = async () =>
        (
          await sql`select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and ${which}`
        ).length;
      await expect.poll(kill, { ...patience, message: name }).toBeGreaterThan(0);
      const before = emits.accepted.length;
      await expect.poll(() => emits.accepted.length, patience).toBeGreaterThan(before + 5);
      const id = emits.accepted.at(-1) ?? "";
      await expect.poll(() => arrived().has(id), patience).toBe(true);
    }
  }
  await emits.stop();
  const missing = () => emits.accepted.filter((id) => !arrived().has(id));
  // No claim was lost with its connection: that would take the 25 s of its lease.
  await expect.poll(missing, { timeout: 60_000 }).toEqual([]);
  expect((await fetch(`${hub.url}/healthz`)).status).toBe(200);
});

test("after the hub and its embedded PostgreSQL are killed together, the next start recovers by itself", async () => {
  await using target = await receiver();
  const dataDir = await mkdtemp(join(tmpdir(), "survival-"));
  const site = installation({ SIGNALBOX_DATA: dataDir });
  const hub = await hubProcess(site);
  await hub.run(HOOK, { url: target.url });
  target.answer = () => {};
  const { emitEvent } = await hub.run<{ emitEvent: { event: { id: string } } }>(EMIT);
  await expect.poll(() => target.requests.length, patience).toBe(1);
  process.kill(await postmasterOf(dataDir), "SIGKILL");
  hub.kill("SIGKILL");
  await hub.exited;
  target.answer = (_request, response) => response.end();
  await using again = await hubProcess(site);
  await expect.poll(() => target.requests.length, patience).toBe(2);
  expect(target.requests.map(({ headers }) => headers["webhook-id"])).toEqual([
    emitEvent.event.id,
    emitEvent.event.id,
  ]);
  expect(await findRunning(dataDir)).toBeTruthy();
  again.kill("SIGTERM");
  expect(await again.exited).toEqual({ code: 0, signal: null });
});
