import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { Sql } from "../../src/db/connection/client.ts";
import { moveHorizons } from "../../src/db/retention/retention.ts";
import { freshDatabase } from "../fixtures/database.ts";
import { testHub } from "../fixtures/hub.ts";
import { type HubProcess, hubProcess, installation } from "../fixtures/process.ts";
import { receiver } from "../fixtures/receiver.ts";
import {
  following,
  type Live,
  overEvents,
  overSocket,
  positionIn,
} from "../fixtures/subscription.ts";

const ACTIVITY = "subscription ($after: String) { activity(after: $after) { cursor } }";
const EMIT = `mutation ($key: String!) {
  emitEvent(input: { type: "a", idempotencyKey: $key }) { event { id } userErrors { message } } }`;
const START = Buffer.from("feed:0").toString("base64url");

type Item = { cursor: string };

const positionsIn = async (sql: Sql) =>
  (await sql<{ position: string }[]>`select position from signalbox.changes order by position`).map(
    ({ position }) => Number(position),
  );

test("a subscriber that comes back with its cursor sees exactly what the table holds, through lost listeners and a killed hub", async () => {
  await using target = await receiver();
  await using database = await freshDatabase();
  const { sql } = database.db;
  const site = installation({ DATABASE_URL: database.url });
  await using steady = await hubProcess(site);
  let mortal = await hubProcess(site);
  await steady.run(
    `mutation ($url: String!) { registerHook(input: { url: $url, types: ["*"] }) { userErrors { message } } }`,
    { url: target.url },
  );

  const read: number[] = [];
  let live: Live<Item> | undefined;
  const stopped = Promise.withResolvers<void>();
  let isOver = false;
  /** Reads the mortal hub, over a websocket and server-sent events in turn, from one death to the next. */
  async function subscribe() {
    for (let turn = 0; !isOver; turn++) {
      const open = turn % 2 === 0 ? overSocket<Item> : overEvents<Item>;
      const after = Buffer.from(`feed:${read.at(-1) ?? 0}`).toString("base64url");
      await using stream = open({ url: mortal.url, key: site.key }, ACTIVITY, { after });
      live = stream;
      await Promise.race([stream.ended, stopped.promise]);
      live = undefined;
      read.push(...stream.items.map(({ cursor }) => positionIn(cursor)));
    }
  }

  let emitted = 0;
  const hubs = () => [steady, mortal];
  async function emitter(number: number) {
    for (let round = 0; round < 25; round++) {
      const key = randomUUID();
      // Whoever gets no answer asks the other hub, with the same key.
      for (let at = number; ; at++) {
        const answer = await hubs()
          [at % 2]?.run(EMIT, { key })
          .catch(() => null);
        if (answer) break;
      }
      emitted++;
    }
  }
  const emitters = Promise.all(Array.from({ length: 8 }, (_, number) => emitter(number)));

  const killListener = () => sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and query like 'listen%'`;
  async function killListeners() {
    for (let kills = 0; kills < 20; kills++) {
      const before = emitted;
      const killed = async () => (await killListener()).length;
      await expect.poll(killed, { timeout: 60_000 }).toBeGreaterThan(0);
      const isFurther = () => emitted > before + 4 || emitted === 200;
      await expect.poll(isFurther, { timeout: 60_000 }).toBe(true);
    }
  }
  async function killHub(): Promise<HubProcess> {
    await expect.poll(() => emitted, { timeout: 60_000 }).toBeGreaterThan(60);
    mortal.kill("SIGKILL");
    await mortal.exited;
    mortal = await hubProcess(site);
    return mortal;
  }

  const subscriber = subscribe();
  await using _second = (await Promise.all([killHub(), killListeners(), emitters]))[0];
  const unended = async () =>
    (await sql`select id from signalbox.events where status <> 'PROCESSED'`).length;
  await expect.poll(unended, { timeout: 60_000 }).toBe(0);
  const expected = await positionsIn(sql);
  const seen = () => read.length + (live?.items.length ?? 0);
  await expect.poll(seen, { timeout: 60_000 }).toBeGreaterThanOrEqual(expected.length);
  isOver = true;
  stopped.resolve();
  await subscriber;
  expect(read).toEqual(expected);
});

test("a cursor continues over either transport, and in another hub process", async () => {
  await using hub = await testHub();
  for (let round = 0; round < 5; round++) await hub.run(EMIT, { key: randomUUID() });
  await using first = overSocket<Item>(hub, ACTIVITY, { after: START });
  await expect.poll(() => first.items.length).toBe(5);
  const after = first.items[2]?.cursor;
  await using second = overEvents<Item>(hub, ACTIVITY, { after });
  await expect.poll(() => second.items.length).toBe(2);
  expect(second.items).toEqual(first.items.slice(3));
});

test("a cursor that is old, foreign or garbage ends the stream with CURSOR_EXPIRED", async () => {
  await using hub = await testHub();
  for (let round = 0; round < 3; round++) await hub.run(EMIT, { key: randomUUID() });
  const { events } = await hub.run<{ events: { pageInfo: { endCursor: string } } }>(
    "{ events { pageInfo { endCursor } } }",
  );
  const { sql } = hub.db;
  const [first = 0] = await positionsIn(sql);
  await sql`update signalbox.feed set at = now() - interval '31 days' where last <= ${first}`;
  await moveHorizons(sql, 30);
  const cursors = {
    old: START,
    "from a future feed": Buffer.from("feed:999999999").toString("base64url"),
    "of a list": events.pageInfo.endCursor,
    garbage: "no cursor",
    empty: "",
    "out of range": Buffer.from("feed:99999999999999999999").toString("base64url"),
  };
  for (const [what, after] of Object.entries(cursors)) {
    for (const open of [overSocket, overEvents]) {
      await using live = open<Item>(hub, ACTIVITY, { after });
      expect(await live.ended, what).toMatch(/errors|complete/);
      expect(live.errors[0]?.extensions?.code, what).toBe("CURSOR_EXPIRED");
      expect(live.items, what).toEqual([]);
    }
  }
  // The last removed position is where what is kept begins.
  const after = Buffer.from(`feed:${first}`).toString("base64url");
  await using kept = overSocket<Item>(hub, ACTIVITY, { after });
  await expect.poll(() => kept.items.length).toBe(2);
  await following(hub.url, 1);
});

test("an event stream that a graceful stop cut goes on by its cursor, without a gap", async () => {
  await using hub = await testHub();
  const stopping = await testHub(hub.settings);
  const query =
    "subscription ($after: String) { eventEmitted(after: $after) { cursor event { type } } }";
  type Item = { cursor: string; event: { type: string } };
  const emitOne = (type: string) =>
    hub.run("mutation ($t: String!) { emitEvent(input: { type: $t }) { event { id } } }", {
      t: type,
    });
  await using cut = overEvents<Item>(stopping, query);
  await following(stopping.url, 1);
  for (let index = 0; index < 5; index++) await emitOne(`before${index}`);
  await expect.poll(() => cut.items.length).toBeGreaterThan(0);
  await stopping[Symbol.asyncDispose]();
  expect(await cut.ended).toBe(1006);
  for (let index = 0; index < 5; index++) await emitOne(`after${index}`);
  const after = cut.items.at(-1)?.cursor;
  await using resumed = overEvents<Item>(hub, query, { after });
  await expect.poll(() => cut.items.length + resumed.items.length).toBe(10);
  expect([...cut.items, ...resumed.items].map(({ event }) => event.type)).toEqual(
    ["before", "after"].flatMap((name) => [0, 1, 2, 3, 4].map((index) => `${name}${index}`)),
  );
});
