import { randomBytes, randomUUID } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { openDb } from "../../src/db/connection/client.ts";
import { DatabaseRefusal } from "../../src/db/connection/refusal.ts";
import { openReadPools } from "../../src/db/read/readPools.ts";
import { freshDatabase } from "../fixtures/database.ts";
import { accepted, registerHook } from "../fixtures/emit.ts";
import { type TestHub, testHub, testKey } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";
import { type Pair, startPair } from "../fixtures/standby.ts";
import { following, overSocket } from "../fixtures/subscription.ts";

const soon = { timeout: 60_000 };
let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
  return () => pair[Symbol.asyncDispose]();
});

/** All hubs of this file are on one database. */
const keys = { adminKey: testKey(), secretKeys: [{ id: "test", key: randomBytes(32) }] };
const hubReading = (readUrl: string) => testHub({ ...keys, databaseUrl: pair.url, readUrl });
const hubWithStandby = () => hubReading(`${pair.standby.url}&target_session_attrs=standby`);

const typeOf = async (hub: TestHub, id: string) =>
  (
    await hub.run<{ event: { type: string } | null }>(
      "query ($id: ID!) { event(id: $id) { type } }",
      {
        id,
      },
    )
  ).event?.type;

const metric = async ({ url }: TestHub, name: string) => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(
    text
      .split("\n")
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length),
  );
};
const fromStandby = (hub: TestHub) => metric(hub, 'signalbox_reads_total{server="standby"}');

/** Waits until queries are read from the standby. */
async function served(hub: TestHub) {
  const before = (await fromStandby(hub)) || 0;
  const reads = async () => {
    await hub.run("{ events(first: 1) { nodes { id } } }");
    return fromStandby(hub);
  };
  await expect.poll(reads, soon).toBeGreaterThan(before);
}

test("a query reads what the standby has, a mutation answers what it has done, and who was told of a change finds it", async () => {
  await using target = await receiver();
  await using hub = await hubWithStandby();
  await registerHook(hub, { url: target.url, types: ["*"] });
  const known = await accepted(hub, { type: "known" });
  await served(hub);
  await expect.poll(() => typeOf(hub, known.id), soon).toBe("known");
  await pair.standby.pause();
  try {
    // All of it is read from the database, after the commit.
    const fresh = await accepted<{ id: string; type: string; deliveries: object }>(
      hub,
      { type: "fresh", waitMs: 15_000 },
      "id type deliveries(first: 5) { nodes { status attempts { number } hook { types } } }",
    );
    expect(fresh).toMatchObject({
      type: "fresh",
      deliveries: {
        nodes: [{ status: "SUCCEEDED", attempts: [{ number: 1 }], hook: { types: ["*"] } }],
      },
    });
    expect(await typeOf(hub, fresh.id)).toBeUndefined();
    expect(await typeOf(hub, known.id)).toBe("known");
    // What a query did not show comes after its cursor, with all that belongs to it.
    const { feedCursor } = await hub.run<{ feedCursor: string }>("{ feedCursor }");
    await using live = overSocket<{ event: { id: string; deliveries: object } }>(
      hub,
      `subscription ($after: String) {
        eventEmitted(after: $after) { event { id deliveries(first: 5) { nodes { hook { types } } } } }
      }`,
      { after: feedCursor },
    );
    await following(hub.url, 1);
    const next = await accepted(hub, { type: "next" });
    const deliveries = { nodes: [{ hook: { types: ["*"] } }] };
    await expect
      .poll(() => live.items.map(({ event }) => event), soon)
      .toEqual([fresh.id, next.id].map((id) => ({ id, deliveries })));
    expect(await typeOf(hub, next.id)).toBe("next");
    expect(await typeOf(hub, fresh.id)).toBe("fresh");
  } finally {
    await pair.standby.resume();
  }
  await served(hub);
});

test("while the standby is away queries are read from the primary, the hub is ready, and it says so; then from the standby again", async () => {
  await using hub = await hubWithStandby();
  await served(hub);
  expect(await metric(hub, "signalbox_standby_lag_seconds")).toBeLessThan(30);
  await pair.standby.stop();
  try {
    const { id } = await accepted(hub, { type: "alone" });
    const answers = await Promise.all(Array.from({ length: 20 }, () => typeOf(hub, id)));
    expect(new Set(answers)).toEqual(new Set(["alone"]));
    expect((await fetch(`${hub.url}/readyz`)).status).toBe(200);
    await expect.poll(() => metric(hub, "signalbox_standby_lag_seconds"), soon).toBeNaN();
    // One that is away does not keep a hub from starting.
    await using other = await hubWithStandby();
    expect(await typeOf(other, id)).toBe("alone");
  } finally {
    await pair.standby.start();
  }
  await served(hub);
});

test("a standby that hangs is given up, and what was asked of it is answered by the primary", async () => {
  await using hub = await hubWithStandby();
  const { id } = await accepted(hub, { type: "asked" });
  await served(hub);
  await pair.standby.freeze();
  try {
    // One alone: nobody else's query shows that it hangs.
    expect(await typeOf(hub, id)).toBe("asked");
    expect(await typeOf(hub, id)).toBe("asked");
  } finally {
    pair.standby.thaw();
  }
  await served(hub);
});

test("a standby that is too far behind is left, and taken again when it has caught up; projects are kept apart there, too", async () => {
  await using hub = await hubWithStandby();
  await accepted(hub, { type: "a" });
  await using db = openDb(pair.url, 1);
  const [project] = await db.sql<{ id: string }[]>`select id from signalbox.projects`;
  const changes: (string | undefined)[] = [];
  await using reads = await openReadPools(pair.url, {
    url: pair.standby.url,
    staleAfterMs: 3_000,
    onChange: (why) => changes.push(why),
  });
  const look = async (projectId: string) => {
    const [row] = await reads.forQuery()(
      projectId,
      (sql) => sql<{ isStandby: boolean; role: string; events: number }[]>`
        select pg_is_in_recovery() as "isStandby", current_user::text as role,
          (select count(*)::int from signalbox.events) as events`,
    );
    return row;
  };
  const isStandby = async () => (await look(randomUUID()))?.isStandby;
  await expect.poll(isStandby, soon).toBe(true);
  expect(await look(randomUUID())).toMatchObject({ role: "signalbox_reader", events: 0 });
  expect((await look(project?.id ?? ""))?.events).toBeGreaterThan(0);
  await pair.standby.pause();
  try {
    await accepted(hub, { type: "ahead" });
    await expect.poll(isStandby, soon).toBe(false);
    // Whoever reads looks at it.
    const told = async () => {
      await isStandby();
      return changes.at(-1);
    };
    await expect.poll(told, soon).toBe("it is more than 3 s behind");
  } finally {
    await pair.standby.resume();
  }
  await expect.poll(isStandby, soon).toBe(true);
  expect(changes.at(-1)).toBeUndefined();
});

test("a read that is in the way of what the standby has to take over is done again on the primary", async () => {
  await using hub = await hubWithStandby();
  await served(hub);
  await using reads = await openReadPools(pair.url, { url: pair.standby.url, onChange: () => {} });
  await using db = openDb(pair.url, 1);
  await using standby = openDb(pair.standby.url, 1);
  const read = (seconds: number) =>
    reads.forQuery()(randomUUID(), async (sql) => {
      // The read ends by the conflict alone, however late that comes.
      await sql`set local statement_timeout to 0`;
      return sql<{ isStandby: boolean }[]>`
          select pg_is_in_recovery() as "isStandby", (select count(*) from signalbox.events) as events,
            case when pg_is_in_recovery() then pg_sleep(${seconds})::text end as slept`;
    });
  await expect.poll(async () => (await read(0))[0]?.isStandby, soon).toBe(true);
  const long = read(3_600);
  const sleeps = async () =>
    (await standby.sql`select from pg_stat_activity where wait_event = 'PgSleep'`).length;
  await expect.poll(sleeps, soon).toBe(1);
  await db.sql.begin((tx) => tx`lock table signalbox.events in access exclusive mode`);
  expect((await long)[0]?.isStandby).toBe(false);
});

test("an address that is no standby of the primary is refused, and the primary's own does no harm", async () => {
  await using other = await freshDatabase();
  const refused = hubReading(other.url);
  await expect(refused).rejects.toThrow(DatabaseRefusal);
  await expect(refused).rejects.toThrow(
    "does not lead to a standby of the database of DATABASE_URL",
  );
  await using hub = await hubReading(pair.url);
  const { id } = await accepted(hub, { type: "own" });
  expect(await typeOf(hub, id)).toBe("own");
  expect(await fromStandby(hub)).toBeNaN();
});
