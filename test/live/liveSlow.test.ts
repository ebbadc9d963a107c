import { randomUUID } from "node:crypto";
import { once } from "node:events";
import postgres from "postgres";
import { expect, inject, test } from "vitest";
import { WebSocket } from "ws";
import { openDb, type Sql } from "../../src/db/connection/client.ts";
import { openReadPools } from "../../src/db/read/readPools.ts";
import { moveHorizons } from "../../src/db/retention/retention.ts";
import { CursorExpired, createFeed } from "../../src/live/feed.ts";
import { createTail } from "../../src/live/tail.ts";
import { startWake } from "../../src/live/wake.ts";
import { createLogger } from "../../src/log.ts";
import { newId } from "../../src/util/ids.ts";
import { createHookQueues } from "../../src/worker/delivery/hookQueues.ts";
import { freshDatabase } from "../fixtures/database.ts";
import { hubProcess, installation } from "../fixtures/process.ts";
import { following, overSocket } from "../fixtures/subscription.ts";

const log = createLogger("silent");

/** A project's feed, with nothing in it. */
async function newFeed(sql: Sql): Promise<string> {
  const projectId = newId();
  await sql`insert into signalbox.heads (project_id) values (${projectId})`;
  return projectId;
}

/** So many changes in one commit. */
const publish = (sql: Sql, projectId: string, count: number) => sql`
  select signalbox.publish(${projectId}, json_agg(json_build_object('kind', 'EVENT', 'id', gen_random_uuid(),
    'created', true, 'state', json_build_object()))) from generate_series(1, ${count}::int)`;

test("subscribers that stop reading are closed with 4000, cost little memory, and hold nobody up", async () => {
  await using database = await freshDatabase();
  const site = installation({ DATABASE_URL: database.url });
  await using hub = await hubProcess(site);
  const query = "subscription { eventEmitted { cursor event { data } } }";

  async function stuckSocket(): Promise<WebSocket> {
    const socket = new WebSocket(
      `${hub.url.replace("http", "ws")}/graphql`,
      "graphql-transport-ws",
    );
    await once(socket, "open");
    socket.send(
      JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${site.key}` } }),
    );
    await once(socket, "message");
    for (let id = 0; id < 6; id++) {
      socket.send(JSON.stringify({ id: `${id}`, type: "subscribe", payload: { query } }));
    }
    return socket;
  }

  const stuck = await Promise.all(Array.from({ length: 5 }, stuckSocket));
  await using reader = overSocket<{ cursor: string }>({ url: hub.url, key: site.key }, query);
  await following(hub.url, 31);
  for (const socket of stuck) socket.pause();
  const before = await hub.metric("process_resident_memory_bytes");
  const emit = `mutation ($data: JSON) { emitEvents(input: [${Array(10).fill('{ type: "big", data: $data }')}]) { userErrors { message } } }`;
  // 40 MB for each of 30 subscriptions that nobody reads: 1.2 GB, if it were kept for them.
  for (let batch = 0; batch < 20; batch++)
    await hub.run(emit, { data: { text: "x".repeat(200_000) } });
  await expect.poll(() => reader.items.length, { timeout: 60_000 }).toBe(200);
  await following(hub.url, 1);
  const after = await hub.metric("process_resident_memory_bytes");
  expect(after - before).toBeLessThan(300 * 2 ** 20);
  const codes = stuck.map(async (socket) => {
    socket.resume();
    const [code] = await once(socket, "close");
    return code;
  });
  expect(new Set(await Promise.all(codes))).toEqual(new Set([4000]));
});

test("with the last subscriber gone the feed is not read any more", async () => {
  await using database = await freshDatabase();
  const reads: string[] = [];
  const sql = postgres(database.url, {
    max: 2,
    debug: (_connection, query) => {
      if (query.includes("signalbox.feed")) reads.push(query);
    },
  });
  const projectId = await newFeed(database.db.sql);
  await using wake = await startWake(database.url, database.db.sql, log);
  const tail = createTail(sql, wake, log, () => {});
  const notify = () => database.db.sql`select pg_notify('signalbox', '')`;
  let wakes = 0;
  wake.subscribe(() => wakes++);
  const detach = tail.attach(projectId, () => {});
  await tail.head(projectId);
  const beforeWake = reads.length;
  await notify();
  await expect.poll(() => reads.length).toBeGreaterThan(beforeWake);
  detach();
  const seen = wakes;
  const atEnd = reads.length;
  for (let round = 0; round < 3; round++) await notify();
  await expect.poll(() => wakes, { timeout: 60_000 }).toBeGreaterThanOrEqual(seen + 3);
  await sql`select 1`;
  expect(reads.length).toBe(atEnd);
  await sql.end();
});

test("a reader that lags behind retention ends with CursorExpired, and meets no silent gap", async () => {
  await using database = await freshDatabase();
  const { sql } = database.db;
  const projectId = await newFeed(sql);
  // Several pages, of which the first is read at once.
  for (let count = 0; count < 20; count++) await publish(sql, projectId, 100);
  await using wake = await startWake(database.url, sql, log);
  const tail = createTail(sql, wake, log, () => {});
  await using reads = await openReadPools(database.url);
  const feed = createFeed(reads.read, tail, log, {
    onSubscribers: () => {},
    onPage: () => {},
    onSeen: () => {},
  });
  const changes = feed.follow({ projectId, after: 0, wants: () => true });
  const read: number[] = [];
  const readOne = async () => {
    const { value } = await changes.next();
    if (value) read.push(value.position);
  };
  for (let count = 0; count < 10; count++) await readOne();
  await sql`update signalbox.feed set at = now() - interval '2 days' where last <= 1900`;
  await moveHorizons(sql, 1);
  await sql`delete from signalbox.feed where last <= 1900`;
  await expect(async () => {
    for (;;) await readOne();
  }).rejects.toThrow(CursorExpired);
  expect(read).toEqual(Array.from({ length: read.length }, (_, index) => index + 1));
});

test("a subscription that starts while the database is away begins when it is back", async () => {
  await using database = await freshDatabase();
  await using wake = await startWake(database.url, database.db.sql, log);
  await using db = openDb(database.url, 1);
  const tail = createTail(db.sql, wake, log, () => {});
  await using reads = await openReadPools(database.url);
  const feed = createFeed(reads.read, tail, log, {
    onSubscribers: () => {},
    onPage: () => {},
    onSeen: () => {},
  });
  const { sql } = database.db;
  const projectId = await newFeed(sql);
  await using server = openDb(inject("postgres").url, 1);
  const name = server.sql(new URL(database.url).pathname.slice(1));
  await server.sql`alter database ${name} allow_connections false`;
  const changes = feed.follow({ projectId, after: 0, wants: () => true });
  const first = changes.next();
  await publish(sql, projectId, 1);
  await server.sql`alter database ${name} allow_connections true`;
  expect((await first).value?.position).toBe(1);
  const second = changes.next();
  await publish(sql, projectId, 1);
  await sql`select pg_notify('signalbox', '')`;
  expect((await second).value?.position).toBe(2);
  await changes.return();
});

test("another worker is asked for a queue, also while its own next look is planned", async () => {
  await using database = await freshDatabase();
  await using one = await startWake(database.url, database.db.sql, log);
  await using other = await startWake(database.url, database.db.sql, log);
  const queue = { projectId: randomUUID(), hookId: randomUUID() };
  const queues = createHookQueues(
    () => {},
    () => 1,
    () => {},
  );
  queues.enqueue([queue]);
  const [turn] = queues.next();
  if (!turn) throw new Error("no turn");
  queues.enqueueAfter(turn.queue, 60_000);
  const asked = new Promise((resolve) => other.onAsked(resolve));
  one.ask([turn.queue]);
  expect(await asked).toEqual([queue]);
  queues.close();
});

test("what others say on our channels is ignored, and workers still hear each other", async () => {
  await using database = await freshDatabase();
  await using one = await startWake(database.url, database.db.sql, log);
  await using other = await startWake(database.url, database.db.sql, log);
  const queue = { projectId: randomUUID(), hookId: randomUUID() };
  const heard: unknown[] = [];
  const asked = new Promise<void>((resolve) =>
    other.onAsked((queues) => {
      heard.push(queues);
      resolve();
    }),
  );
  const { sql } = database.db;
  const foreign = ["", "x", "null", "{}", '{"from":"x","queues":[{"projectId":"p","hookId":"h"}]}'];
  for (const payload of foreign) await sql`select pg_notify('signalbox_ask', ${payload})`;
  one.ask([queue]);
  await asked;
  expect(heard).toEqual([[queue]]);
});
