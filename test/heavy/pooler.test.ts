import { randomBytes, randomUUID } from "node:crypto";
import { expect, inject } from "vitest";
import { openDb, openSession } from "../../src/db/connection/client.ts";
import { DatabaseRefusal } from "../../src/db/connection/refusal.ts";
import { plans, sessionSettings } from "../../src/db/connection/sessionSettings.ts";
import { openReadPools } from "../../src/db/read/readPools.ts";
import { emptyDatabase, freshDatabase } from "../fixtures/database.ts";
import { accepted, registerHook } from "../fixtures/emit.ts";
import { testHub } from "../fixtures/hub.ts";
import { agedDatabase, ageEvent, partitionOf, RETENTION_DAYS } from "../fixtures/partitions.ts";
import { poolerTest, startPooler } from "../fixtures/pgbouncer.ts";
import { hubProcess, installation } from "../fixtures/process.ts";
import { receiver, statuses } from "../fixtures/receiver.ts";
import { following, overSocket } from "../fixtures/subscription.ts";

const soon = { timeout: 60_000 };
/** A database whose hub's role is an ordinary one, which owns it and may do nothing else. */
async function ordinary() {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await emptyDatabase());
  const name = new URL(database.url).pathname.slice(1);
  const role = `${inject("postgres").template}_${randomBytes(4).toString("hex")}`;
  const password = randomUUID();
  const server = openSession(inject("postgres").url);
  stack.defer(() => server.end());
  await server.unsafe(`create role ${role} login password '${password}'`);
  stack.defer(() => server.unsafe(`drop role ${role}`).then(() => {}));
  await server.unsafe(`grant signalbox_reader to ${role}`);
  await server.unsafe(`alter database "${name}" owner to ${role}`);
  const owned = stack.move();
  return {
    url: Object.assign(new URL(database.url), { username: role, password }).href,
    role,
    async [Symbol.asyncDispose]() {
      await database.db.sql.unsafe(`reassign owned by ${role} to current_user`);
      await database.db.sql.unsafe(`drop owned by ${role}`);
      await owned.disposeAsync();
    },
  };
}

async function refusalOf(databaseUrl: string, directUrl?: string): Promise<string> {
  const error = await testHub({ databaseUrl, ...(directUrl && { directUrl }) }).then(
    async (hub) => {
      await hub[Symbol.asyncDispose]();
      return new Error("it started");
    },
    (error: Error) => error,
  );
  expect(error).toBeInstanceOf(DatabaseRefusal);
  return error.message;
}

poolerTest(
  "two hubs do their whole job through a transaction pooler that has fewer connections than they, and go on when it was killed",
  async () => {
    await using database = await agedDatabase(12);
    await using pooler = await startPooler(database.url, { default_pool_size: 3 });
    await using target = await receiver();
    await using failing = await receiver(statuses(500, 500, 200));
    const site = installation({
      DATABASE_URL: pooler.url,
      SIGNALBOX_DIRECT_URL: database.url,
      SIGNALBOX_RETENTION_DAYS: String(RETENTION_DAYS),
    });
    await using first = await hubProcess(site);
    await using second = await hubProcess(site);
    await registerHook(first, { url: target.url, types: ["*"], maxInFlight: 64 });
    await registerHook(second, { url: failing.url, types: ["retried"], retryScheduleMs: [100] });
    await using live = overSocket<{ event: { id: string } }>(
      { url: second.url, key: site.key },
      "subscription { eventEmitted { event { id } } }",
    );
    await following(second.url, 1);
    const arrived = () => new Set(target.requests.map(({ headers }) => headers["webhook-id"]));

    // Emitted, delivered, followed; more at once than the pooler has connections.
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, turn) =>
        accepted(turn % 2 ? first : second, { type: "plain" }),
      ),
    );
    const emitted = answers.map(({ id }) => id);
    await expect.poll(() => emitted.filter((id) => !arrived().has(id)), soon).toEqual([]);
    const streamed = () => new Set(live.items.map(({ event }) => event.id));
    await expect.poll(() => emitted.filter((id) => !streamed().has(id)), soon).toEqual([]);
    const { clients, servers } = await pooler.connections();
    expect(servers).toBeLessThanOrEqual(3);
    expect(clients).toBeGreaterThan(servers);

    // Tried again, and later.
    await accepted(first, { type: "retried" });
    await expect.poll(() => failing.requests.length, soon).toBe(3);
    const due = Date.now() + 1_500;
    const later = await accepted(second, { type: "later", timestamp: due });
    await expect.poll(() => arrived().has(later.id), soon).toBe(true);
    const request = target.requests.find(({ headers }) => headers["webhook-id"] === later.id);
    expect(request?.at).toBeGreaterThanOrEqual(due);

    // Read, by many at once.
    const pages = await Promise.all(
      Array.from({ length: 20 }, () =>
        first.run<{ events: { nodes: { deliveries: { nodes: object[] } }[] } }>(
          '{ events(first: 5, types: ["plain"]) { nodes { deliveries(first: 1) { nodes { status } } } } }',
        ),
      ),
    );
    const found = pages.flatMap(({ events }) => events.nodes);
    expect(found).toHaveLength(100);
    expect(new Set(found.map((node) => JSON.stringify(node))).size).toBe(1);

    // What is old goes with its partition.
    const { sql } = database.db;
    const old = await ageEvent(sql, emitted[0] ?? "", RETENTION_DAYS + 2);
    const partition = await partitionOf(sql, "events", "id", old);
    await sql`select graphile_worker.add_job('retention')`;
    const isThere = async () =>
      (await sql`select from pg_class where relname = ${partition}`).length;
    await expect.poll(isThere, soon).toBe(0);

    // While the pooler is away nothing is accepted, and then everything goes on.
    await pooler.kill();
    await expect(accepted(first, { type: "away" })).rejects.toThrow("UNAVAILABLE");
    await pooler.start();
    const back: string[] = [];
    for (const hub of [first, second]) {
      const comes = () =>
        accepted(hub, { type: "back" }).then(
          ({ id }) => back.push(id),
          () => 0,
        );
      await expect.poll(comes, soon).toBeGreaterThan(0);
    }
    await expect.poll(() => back.filter((id) => !arrived().has(id)), soon).toEqual([]);
    await expect.poll(() => back.filter((id) => !streamed().has(id)), soon).toEqual([]);
    expect(live.errors).toEqual([]);
    for (const hub of [first, second])
      await expect.poll(async () => (await fetch(`${hub.url}/readyz`)).status, soon).toBe(200);
  },
);

poolerTest(
  "through a transaction pooler an ordinary role's statements and reads have the hub's settings, also in sessions that were there before",
  async () => {
    await using database = await ordinary();
    await using pooler = await startPooler(database.url, { default_pool_size: 4 });
    // Sessions with the defaults of the server, which the pooler keeps.
    await using before = openDb({ url: database.url, poolerUrl: pooler.url }, 4);
    const { sql } = before;
    const pids = new Set<number>();
    const areAllOpen = Promise.withResolvers<void>();
    await Promise.all(
      Array.from({ length: 4 }, () =>
        sql.begin(async (tx) => {
          const [row] = await tx<[{ pid: number }]>`select pg_backend_pid() as pid`;
          if (pids.add(row.pid).size === 4) areAllOpen.resolve();
          await areAllOpen.promise;
        }),
      ),
    );
    await using hub = await testHub({ databaseUrl: pooler.url, directUrl: database.url });
    await accepted(hub, { type: "a" });
    const names = Object.keys({ ...plans.once, ...plans["each time"], search_path: 1 });
    const valuesOf = (wanted: Record<string, string>) =>
      names.map((name) => ({ name, value: wanted[name] }));
    const seen = await Promise.all(
      Array.from(
        { length: 8 },
        () => sql`
          select name, current_setting(name) as value from unnest(${names}::text[]) with ordinality as n (name, at)
          order by at`,
      ),
    );
    const shown = (wanted: Record<string, string>) =>
      valuesOf(wanted).map(({ name, value }) => ({
        name,
        value: name === "statement_timeout" ? `${Number(value) / 1_000}s` : value,
      }));
    for (const rows of seen)
      expect([...rows]).toEqual(shown({ ...sessionSettings, ...plans.once }));
    await using reads = await openReadPools({ url: database.url, poolerUrl: pooler.url });
    expect(reads.warning).toBeNull();
    const [project] = await sql<{ id: string }[]>`select id from signalbox.projects`;
    const read = await reads.read(
      project?.id ?? "",
      (own) => own`
        select name, current_setting(name) as value from unnest(${names}::text[]) with ordinality as n (name, at)
        order by at`,
    );
    expect([...read]).toEqual(shown({ ...sessionSettings, ...plans["each time"] }));
    const [found] = await reads.read(
      randomUUID(),
      (own) =>
        own`select count(*)::int as events, current_user::text as role from signalbox.events`,
    );
    expect(found).toEqual({ events: 0, role: "signalbox_reader" });
  },
);

poolerTest(
  "of many statements at once, on more connections than the pooler has, each is given its own answer",
  async () => {
    await using database = await freshDatabase();
    await using pooler = await startPooler(database.url, { default_pool_size: 3 });
    const place = { url: database.url, poolerUrl: pooler.url };
    await using one = openDb(place, 8);
    await using other = openDb(place, 8);
    const numbers = Array.from({ length: 4_000 }, (_, index) => index);
    const answers = numbers.map(async (number) => {
      const { sql } = number % 2 ? one : other;
      // One without values is answered at once; what comes behind it is described first.
      void sql`select pg_sleep(0)`.execute();
      const [row] =
        number % 5
          ? await sql`select ${number}::int as number`
          : await sql.begin((tx) => tx`select ${number}::int as number`);
      return row?.number;
    });
    expect(await Promise.all(answers)).toEqual(numbers);
  },
);

poolerTest(
  "a pooler and a direct address that do not belong together are refused, and what to do is said",
  async () => {
    await using database = await freshDatabase();
    await using other = await freshDatabase();
    await using pooler = await startPooler(database.url);
    expect(await refusalOf(pooler.url, other.url)).toContain(
      "DATABASE_URL and SIGNALBOX_DIRECT_URL do not lead to the same database",
    );
    expect(await refusalOf(pooler.url)).toContain(
      "Give SIGNALBOX_DIRECT_URL the address of PostgreSQL itself",
    );
    expect(await refusalOf(pooler.url, pooler.url)).toContain(
      "SIGNALBOX_DIRECT_URL must lead to PostgreSQL itself",
    );
    await using unfit = await startPooler(database.url, { pool_mode: "statement" });
    expect(await refusalOf(unfit.url, database.url)).toContain("it must be in transaction mode");
  },
);
