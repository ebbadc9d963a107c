import { randomUUID } from "node:crypto";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { openDb } from "../../src/db/connection/client.ts";
import { whyVersionRefused } from "../../src/db/nodes/requirements.ts";
import { verify } from "../../src/verify/run.ts";
import { createOnCitus } from "../fixtures/citus.ts";
import { cli } from "../fixtures/cli.ts";
import { emptyDatabase, freshDatabase } from "../fixtures/database.ts";
import { accepted, emit, emitAll, registerHook } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver, statuses } from "../fixtures/receiver.ts";
import { dropDatabase } from "../fixtures/servers.ts";
import { overSocket } from "../fixtures/subscription.ts";
import { tenantOf } from "../fixtures/tenant.ts";

const given = inject("citus");
const citus = () => {
  if (!given) throw new Error("CITUS_URL is not given");
  return given;
};
const all = { projectId: null, since: null, until: null };
const distribute = (url: string) => cli({ DATABASE_URL: url }, "distribute", "--json");

/** A database on all of the servers, with Citus in it, and nothing else. */
async function bare(): Promise<string> {
  const { template } = citus();
  const name = `${template}_${randomUUID()}`;
  onTestFinished(() => dropDatabase(citus(), name));
  return createOnCitus(citus(), name);
}

/** A hub on a distributed database, and two projects of it, each on another node. */
async function twoProjects(stack: AsyncDisposableStack): Promise<[TestHub, TestHub, TestHub]> {
  const database = stack.use(await freshDatabase(citus()));
  const hub = stack.use(await testHub({ databaseUrl: database.url }));
  const byNode = new Map<number, TestHub>();
  while (byNode.size < 2) {
    const tenant = await tenantOf(hub);
    byNode.set(await nodeOf(tenant), tenant);
  }
  const [first, second] = [...byNode.values()] as [TestHub, TestHub];
  return [hub, first, second];
}

async function projectIdOf(hub: TestHub): Promise<string> {
  const { viewer } = await hub.run<{ viewer: { project: { id: string } } }>(
    "{ viewer { project { id } } }",
  );
  return viewer.project.id;
}

const placeOf = async (hub: TestHub) =>
  (
    await hub.db.sql<[{ shard: string; port: number }]>`
      select shardid as shard, nodeport as port from pg_dist_node join pg_dist_placement using (groupid)
      where shardid = get_shard_id_for_distribution_column('signalbox.heads', ${await projectIdOf(hub)}::uuid)`
  )[0];
const nodeOf = async (hub: TestHub) => (await placeOf(hub)).port;

const hookAt = (hub: TestHub, { url }: Receiver, input = {}) =>
  registerHook(hub, { url, types: ["a"], ...input }, hub.key);

const isVerified = async ({ db }: TestHub) =>
  expect((await verify(db.sql, all)).differences).toEqual([]);

test.each(["13.2.1", "13.2.2", "14.0.0", "14.0.1"])("Citus %s is refused, and why", (version) => {
  expect(whyVersionRefused(`Citus ${version} on x86_64-pc-linux-gnu`)).toBe(
    `The database has Citus ${version}, which loses cached plans and leaks their memory (citusdata/citus#8783): use 13.2.0, or a version with the fix (citusdata/citus#8824).`,
  );
});

test("Citus 13.2.0 and newer ones with the fix are taken, older ones are not", () => {
  for (const version of ["13.0.5", "13.2.0", "13.2.3", "14.0.2", "15.0.0"])
    expect(whyVersionRefused(`Citus ${version} on x86_64`)).toBeUndefined();
  expect(whyVersionRefused("Citus 12.1.6 on x86_64")).toBe(
    "The database has Citus 12.1.6, and Signalbox needs 13 or newer.",
  );
});

test.skipIf(given?.url === inject("postgres").url)(
  "a database without Citus is refused, and stays as it is",
  async () => {
    await using database = await emptyDatabase();
    const { code, stderr } = await distribute(database.url);
    expect([code, stderr]).toEqual([1, expect.stringContaining("The database has no Citus:")]);
    await using hub = await testHub({ databaseUrl: database.url });
    expect(await emit(hub, { type: "a" })).toMatchObject({ userErrors: [] });
  },
);

describe.skipIf(!given)("on a coordinator with two nodes", () => {
  test("an empty database is distributed, again without a change, and a hub begins on it", async () => {
    const url = await bare();
    const { stdout, stderr } = await distribute(url);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({ nodes: 2, shards: 4 });
    expect(JSON.parse((await distribute(url)).stdout)).toEqual({ nodes: 2, shards: 4, tables: [] });
    await using hub = await testHub({ databaseUrl: url });
    const [tables] = await hub.db.sql`
      select count(distinct colocationid)::int as groups from pg_dist_partition
      where partmethod = 'h' and starts_with(logicalrelid::text, 'signalbox.')`;
    expect(tables).toEqual({ groups: 1 });
    expect(await emit(hub, { type: "a" })).toMatchObject({ userErrors: [] });
  });

  test("what a database holds goes along, and is not kept a second time", async () => {
    const url = await bare();
    await using target = await receiver();
    const settings = await (async () => {
      await using hub = await testHub({ databaseUrl: url });
      await hookAt(hub, target);
      await emitAll(
        hub,
        Array.from({ length: 40 }, () => ({ type: "a" })),
      );
      await expect.poll(() => target.requests.length).toBe(40);
      await accepted(hub, { type: "a", delay: 3600, idempotencyKey: "later" });
      const busy = await distribute(url);
      expect(busy.stderr).toContain("Processes of Signalbox have");
      return hub.settings;
    })();
    expect((await distribute(url)).stderr).toBe("");
    await using hub = await testHub(settings);
    expect(await emit(hub, { type: "a", delay: 3600, idempotencyKey: "later" })).toMatchObject({
      isDuplicate: true,
    });
    await accepted(hub, { type: "a" });
    await expect.poll(() => target.requests.length).toBe(41);
    await using db = openDb(url, 1);
    const [left] = await db.sql`
      select sum(pg_relation_size(c.oid))::int as bytes from pg_class c join pg_dist_partition on logicalrelid = c.oid
      where relkind = 'r' and partmethod = 'h'`;
    expect(left).toEqual({ bytes: 0 });
  });

  test("a partly distributed database is refused until it is complete", async () => {
    const url = await bare();
    await distribute(url);
    {
      await using db = openDb(url, 1);
      await db.sql`select undistribute_table('signalbox.presses')`;
    }
    await expect(testHub({ databaseUrl: url })).rejects.toThrow("only partly distributed");
    expect(JSON.parse((await distribute(url)).stdout)).toMatchObject({ tables: ["presses"] });
    await using hub = await testHub({ databaseUrl: url });
    expect(await emit(hub, { type: "a" })).toMatchObject({ userErrors: [] });
  });

  test("projects on both nodes emit, deliver, try again and know their keys; each node has its own rows alone", async () => {
    await using stack = new AsyncDisposableStack();
    const [hub, ...tenants] = await twoProjects(stack);
    for (const tenant of tenants) {
      const target = stack.use(await receiver(statuses(500, 200)));
      await hookAt(tenant, target, { retryScheduleMs: [1000] });
      await accepted(tenant, { type: "a", idempotencyKey: "one" });
      expect(await emit(tenant, { type: "a", idempotencyKey: "one" })).toMatchObject({
        isDuplicate: true,
      });
      await emitAll(
        tenant,
        Array.from({ length: 60 }, () => ({ type: "a" })),
      );
      // The first call was answered with 500, and made again.
      await expect.poll(() => target.requests.length).toBe(62);
      const { shard, port } = await placeOf(tenant);
      const node = new URL(hub.settings.databaseUrl);
      node.port = String(port);
      await using there = openDb(node.href, 1);
      const [own] =
        await there.sql.unsafe(`select count(*)::int as heads from signalbox.heads_${shard}
        where project_id = '${await projectIdOf(tenant)}'`);
      expect(own).toEqual({ heads: 1 });
    }
    await expect.poll(async () => (await verify(hub.db.sql, all)).events.DISPATCHED ?? 0).toBe(0);
    await isVerified(hub);
  });

  test("a subscription of a project on either node goes on where it was", async () => {
    await using stack = new AsyncDisposableStack();
    const [, ...tenants] = await twoProjects(stack);
    type Item = { cursor: string; event: { id: string } };
    for (const tenant of tenants) {
      const query = `subscription ($after: String) { eventEmitted(after: $after) { cursor event { id } } }`;
      const first = stack.use(overSocket<Item>(tenant, query));
      const { id } = await accepted(tenant, { type: "b" });
      await expect.poll(() => first.items.map((item) => item.event.id)).toContain(id);
      const after = first.items.at(-1)?.cursor;
      first.stop();
      const missed = await accepted(tenant, { type: "b" });
      const second = stack.use(overSocket<Item>(tenant, query, { after }));
      await expect.poll(() => second.items.map((item) => item.event.id)).toContain(missed.id);
    }
  });

  test("nothing that was acknowledged is lost while a project's shard moves to the other node", async () => {
    await using stack = new AsyncDisposableStack();
    const [hub, tenant] = await twoProjects(stack);
    const target = stack.use(await receiver());
    await hookAt(tenant, target, { maxInFlight: 32 });
    const { shard, port } = await placeOf(tenant);
    const to = await hub.db.sql<[{ port: number }]>`
      select nodeport as port from pg_dist_node where groupid <> 0 and nodeport <> ${port}`;
    const ids: string[] = [];
    let isOver = false;
    const callers = Array.from({ length: 4 }, async () => {
      while (!isOver) ids.push((await accepted(tenant, { type: "a" })).id);
    });
    await expect.poll(() => ids.length).toBeGreaterThan(20);
    await using db = openDb(hub.settings.databaseUrl, 1);
    await db.sql.begin(async (tx) => {
      await tx`set local statement_timeout = 0`;
      await tx`select citus_move_shard_placement(${shard}, '127.0.0.1', ${port}, '127.0.0.1', ${to[0].port}, 'block_writes')`;
    });
    const before = ids.length;
    await expect.poll(() => ids.length).toBeGreaterThan(before + 20);
    isOver = true;
    await Promise.all(callers);
    expect(await nodeOf(tenant)).not.toBe(port);
    const kept = await hub.db.sql<{ id: string }[]>`
      select id from signalbox.events where project_id = ${await projectIdOf(tenant)}`;
    expect(new Set(kept.map(({ id }) => id)).isSupersetOf(new Set(ids))).toBe(true);
    await expect
      .poll(() => new Set(target.requests.map(({ headers }) => headers["webhook-id"])).size)
      .toBe(kept.length);
    await expect.poll(async () => (await verify(hub.db.sql, all)).events.DISPATCHED ?? 0).toBe(0);
    await isVerified(hub);
  });
});
