import { afterAll, beforeAll, expect, test } from "vitest";
import { accepted, registerHook } from "../fixtures/emit.ts";
import { change, countByStatus, hookOf } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver, status } from "../fixtures/receiver.ts";
import { following, overSocket } from "../fixtures/subscription.ts";
import { setSystemEvents, systemEvents, systemEventsOf } from "../fixtures/systemEvents.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  await setSystemEvents(hub, true);
});
afterAll(() => hub[Symbol.asyncDispose]());

const soon = { timeout: 60_000 };

test("hooks take them by their exact name alone, and deliveries of them say nothing more", async () => {
  await using watcher = await receiver(status(500));
  const all = await registerHook(hub, { url: `${watcher.url}/all`, types: ["*"] });
  const types = ["resthook_called", "webhook_called", "error"];
  const hook = { url: `${watcher.url}/named`, types, retries: 0, maxInFlight: 1 };
  const named = await registerHook(hub, hook);
  const { id } = await accepted(hub, { type: "watched", waitMs: 1 });
  await expect.poll(async () => (await countByStatus(hub, named)).FAILED, soon).toBe(2);
  await change(hub, "deleteHook", all);
  const caused = await systemEventsOf(hub, id);
  expect(caused.map((one) => one.type)).toEqual(["resthook_called", "webhook_called"]);
  for (const one of caused) {
    expect(one.status).toBe("FAILED");
    expect(await systemEventsOf(hub, one.id)).toEqual([]);
    expect(one.why.filter(({ reason }) => reason === "MATCHED")).toHaveLength(1);
  }
  await change(hub, "deleteHook", named);
  const bodies = watcher.requests.filter(({ path }) => path === "/named");
  expect(bodies.map(({ body }) => JSON.parse(body).type).sort()).toEqual([
    "resthook_called",
    "webhook_called",
  ]);
  expect((await hookOf(hub, named)).triggeredCount).toBe(2);
  expect((await hookOf(hub, all)).triggeredCount).toBe(1);
});

test("`events` lists them where they are named exactly", async () => {
  const { id } = await accepted(hub, { type: "listed" });
  const list = async (args: string) => {
    const { events } = await hub.run<{ events: { nodes: { id: string; origin: string }[] } }>(
      `{ events(first: 2${args}) { nodes { id origin } } }`,
    );
    return events.nodes;
  };
  for (const args of ["", ', types: ["*"]', ', types: ["listed"]', ', types: ["li.*", "*"]'])
    expect((await list(args))[0]).toEqual({ id, origin: "API" });
  for (const args of [', types: ["resthook_called"]', ', types: ["resthook_called", "*"]'])
    expect((await list(args))[0]?.origin).toBe("SYSTEM");
});

test("subscriptions show them where they are named, or asked for by id, and `activity` shows all", async () => {
  type Item = { event: { type: string; origin: string } };
  const fields = "{ event { type origin } }";
  await using plain = overSocket<Item>(hub, `subscription { eventEmitted ${fields} }`);
  await using updated = overSocket<Item>(
    hub,
    `subscription { eventUpdated(types: ["*"]) ${fields} }`,
  );
  await using named = overSocket<Item>(
    hub,
    `subscription { eventEmitted(types: ["*", "resthook_called"]) ${fields} }`,
  );
  await using activity = overSocket<{ node: { type?: string } }>(
    hub,
    "subscription { activity { node { ... on Event { type } } } }",
  );
  await following(hub.url, 4);
  await accepted(hub, { type: "first" });
  await accepted(hub, { type: "second" });
  const both = ["first", "resthook_called", "second", "resthook_called"];
  const typesOf = ({ items }: { items: Item[] }) => items.map(({ event }) => event.type);
  await expect.poll(() => typesOf(named), soon).toEqual(both);
  await expect.poll(() => activity.items.map(({ node }) => node.type), soon).toEqual(both);
  await expect.poll(() => typesOf(plain), soon).toEqual(["first", "second"]);
  await expect.poll(() => typesOf(updated), soon).toEqual(["first", "second"]);

  const caused = (await systemEvents(hub, ["resthook_called"])).at(-1);
  await using one = overSocket<Item>(
    hub,
    `subscription ($id: ID!, $after: String) { eventUpdated(id: $id, after: $after) ${fields} }`,
    { id: caused?.id, after: Buffer.from("feed:0").toString("base64url") },
  );
  await expect.poll(() => typesOf(one), soon).toEqual(["resthook_called"]);
});

test("emitting these types is as free as ever, and matched as any event", async () => {
  const data = { text: "no such flow", fatal: true };
  const { id, origin } = await accepted<{ id: string; origin: string }>(
    hub,
    { type: "error", data },
    "id origin",
  );
  expect(origin).toBe("API");
  expect((await systemEventsOf(hub, id)).map((one) => one.data)).toEqual([
    { resthook: "error", payload: data },
  ]);
});

test("what is counted as accepted leaves them out", async () => {
  await using counted = await testHub();
  await setSystemEvents(counted, true);
  await accepted(counted, { type: "a" });
  expect(await systemEvents(counted)).toHaveLength(1);
  const { overview } = await counted.run<{ overview: { minutes: { accepted: number }[] } }>(
    "{ overview { minutes(last: 2) { accepted } } }",
  );
  expect(overview.minutes.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(1);
  const metrics = await (await fetch(`${counted.url}/metrics`)).text();
  expect(/^signalbox_emits_total (\d+)$/m.exec(metrics)?.[1]).toBe("1");
});
