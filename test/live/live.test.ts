import { expect, test } from "vitest";
import { createProject } from "../../src/domain/project/project.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver, status, statuses } from "../fixtures/receiver.ts";
import {
  following,
  type Live,
  overEvents,
  overSocket,
  positionIn,
} from "../fixtures/subscription.ts";

const EMIT = `mutation ($type: String!, $contextId: String, $waitMs: Int) {
  emitEvent(input: { type: $type, contextId: $contextId, waitMs: $waitMs }) { event { id } userErrors { message } } }`;
const HOOK = `mutation ($url: String!, $types: [String!]!) {
  registerHook(input: { url: $url, types: $types, retries: 3, retryScheduleMs: [100] }) { hook { id } userErrors { message } } }`;

type Hub = Awaited<ReturnType<typeof testHub>>;
type EventItem = { cursor: string; event: { id: string; type: string; status: string } };

async function emit(hub: Hub, type: string, more: { contextId?: string; waitMs?: number } = {}) {
  const { emitEvent } = await hub.run<{ emitEvent: { event: { id: string } } }>(EMIT, {
    type,
    ...more,
  });
  return emitEvent.event.id;
}

async function addHook(hub: Hub, url: string, ...types: string[]) {
  const { registerHook } = await hub.run<{ registerHook: { hook: { id: string } } }>(HOOK, {
    url,
    types,
  });
  return registerHook.hook.id;
}

const settle = (live: Live<unknown>, count: number) =>
  expect.poll(() => live.items.length, { timeout: 60_000 }).toBe(count);

for (const [transport, open] of [
  ["a websocket", overSocket],
  ["server-sent events", overEvents],
] as const) {
  test(`eventEmitted over ${transport} shows each new event once, of the types and the context asked for`, async () => {
    await using target = await receiver();
    await using hub = await testHub();
    await addHook(hub, target.url, "*");
    await emit(hub, "before", { waitMs: 10_000 });
    const fields = "cursor event { id type status }";
    await using all = open<EventItem>(hub, `subscription { eventEmitted { ${fields} } }`);
    await using some = open<EventItem>(
      hub,
      `subscription { eventEmitted(types: ["a", "b"]) { ${fields} } }`,
    );
    await using one = open<EventItem>(
      hub,
      `subscription { eventEmitted(contextId: "c1", types: ["a"]) { ${fields} } }`,
    );
    await following(hub.url, 3);
    const a = await emit(hub, "a", { contextId: "c1" });
    const other = await emit(hub, "a", { contextId: "c2" });
    const b = await emit(hub, "b", { contextId: "c1" });
    const c = await emit(hub, "c", { waitMs: 10_000 });
    await settle(all, 4);
    expect(all.items.map(({ event }) => event.id)).toEqual([a, other, b, c]);
    expect(new Set(all.items.map(({ event }) => event.status))).toEqual(new Set(["DISPATCHED"]));
    expect(some.items.map(({ event }) => event.id)).toEqual([a, other, b]);
    expect(one.items.map(({ event }) => event.id)).toEqual([a]);
  });
}

test("types are named as hooks name them: exactly, by prefix, or all", async () => {
  await using hub = await testHub();
  const query =
    "subscription ($types: [String!]) { eventEmitted(types: $types) { event { id type } } }";
  await using prefixed = overSocket<EventItem>(hub, query, { types: ["ticket.*", "exact"] });
  await using every = overSocket<EventItem>(hub, query, { types: ["*"] });
  await following(hub.url, 2);
  const created = await emit(hub, "ticket.created");
  const other = await emit(hub, "ticketing");
  const exact = await emit(hub, "exact");
  await settle(every, 3);
  await settle(prefixed, 2);
  expect(prefixed.items.map(({ event }) => event.id)).toEqual([created, exact]);
  expect(every.items.map(({ event }) => event.id)).toEqual([created, other, exact]);
  const { events } = await hub.run<{ events: { nodes: { id: string }[] } }>(
    `{ events(types: ["ticket.*", "exact"]) { nodes { id } } }`,
  );
  expect(events.nodes.map(({ id }) => id)).toEqual([exact, created]);
});

test("eventUpdated shows every state of an event in order, of the id and the types asked for", async () => {
  await using target = await receiver(statuses(500, 200));
  await using hub = await testHub();
  await addHook(hub, target.url, "a");
  const query =
    "subscription ($id: ID, $types: [String!]) { eventUpdated(id: $id, types: $types) { event { id status } } }";
  await using all = overSocket<EventItem>(hub, query);
  await using typed = overSocket<EventItem>(hub, query, { types: ["b"] });
  await following(hub.url, 2);
  const a = await emit(hub, "a", { waitMs: 10_000 });
  const b = await emit(hub, "b");
  await settle(all, 3);
  expect(all.items.map(({ event }) => [event.id, event.status])).toEqual([
    [a, "DISPATCHED"],
    [a, "PROCESSED"],
    [b, "PROCESSED"],
  ]);
  expect(typed.items.map(({ event }) => event.id)).toEqual([b]);
});

test("deliveryUpdated shows every state of a delivery in order, with the tries it had made then", async () => {
  await using target = await receiver(statuses(500, 503, 200));
  await using hub = await testHub();
  await addHook(hub, target.url, "a");
  await using live = overSocket<{
    delivery: {
      status: string;
      attemptCount: number;
      attempts: { statusCode: number }[];
      completedAt: string | null;
    };
  }>(
    hub,
    "subscription { deliveryUpdated { delivery { status attemptCount attempts { statusCode } completedAt } } }",
  );
  await following(hub.url, 1);
  await emit(hub, "a");
  await settle(live, 4);
  expect(
    live.items.map(({ delivery }) => [
      delivery.status,
      delivery.attemptCount,
      delivery.attempts.map(({ statusCode }) => statusCode),
      delivery.completedAt !== null,
    ]),
  ).toEqual([
    ["PENDING", 0, [], false],
    ["RETRYING", 1, [500], false],
    ["RETRYING", 2, [500, 503], false],
    ["SUCCEEDED", 3, [500, 503, 200], true],
  ]);
});

test("deliveryUpdated keeps to the event, the hook and the states asked for", async () => {
  await using good = await receiver();
  await using bad = await receiver(status(400));
  await using hub = await testHub();
  const goodHook = await addHook(hub, good.url, "*");
  await addHook(hub, bad.url, "*");
  type Item = {
    cursor: string;
    delivery: { status: string; event: { id: string }; hook: { id: string } };
  };
  const query = `subscription ($eventId: ID, $hookId: ID, $status: [DeliveryStatus!], $after: String) {
    deliveryUpdated(eventId: $eventId, hookId: $hookId, status: $status, after: $after) { cursor delivery { status event { id } hook { id } } } }`;
  await using all = overSocket<Item>(hub, query);
  await following(hub.url, 1);
  await emit(hub, "a", { waitMs: 10_000 });
  const second = await emit(hub, "a", { waitMs: 10_000 });
  await settle(all, 14);
  const after = Buffer.from("feed:0").toString("base64url");
  await using ofEvent = overSocket<Item>(hub, query, { eventId: second, after });
  await using ofHook = overSocket<Item>(hub, query, { hookId: goodHook, after });
  await using failed = overSocket<Item>(hub, query, { status: ["FAILED", "SUCCEEDED"], after });
  await settle(ofEvent, 7);
  await settle(ofHook, 4);
  await settle(failed, 4);
  expect(ofEvent.items).toEqual(all.items.filter(({ delivery }) => delivery.event.id === second));
  expect(ofHook.items).toEqual(all.items.filter(({ delivery }) => delivery.hook.id === goodHook));
  expect(failed.items.map(({ delivery }) => delivery.status).sort()).toEqual([
    "FAILED",
    "FAILED",
    "SUCCEEDED",
    "SUCCEEDED",
  ]);
});

test("hookUpdated shows a hook's changes with its state of then, but not its counters' moves", async () => {
  await using target = await receiver();
  await using hub = await testHub();
  await using all = overSocket<{ hook: { id: string; status: string } }>(
    hub,
    "subscription { hookUpdated { hook { id status } } }",
  );
  await following(hub.url, 1);
  const id = await addHook(hub, target.url, "a");
  const other = await addHook(hub, target.url, "b");
  await using one = overSocket<{ hook: { id: string } }>(
    hub,
    "subscription ($id: ID!) { hookUpdated(id: $id) { hook { id } } }",
    { id: other },
  );
  await following(hub.url, 2);
  await emit(hub, "a", { waitMs: 10_000 });
  for (const step of ["pauseHook", "resumeHook", "deleteHook"]) {
    await hub.run(`mutation ($id: ID!) { ${step}(id: $id) { userErrors { message } } }`, { id });
  }
  await hub.run(
    `mutation ($id: ID!) { updateHook(id: $id, input: { name: "n" }) { userErrors { message } } }`,
    { id: other },
  );
  await settle(all, 6);
  expect(all.items.map(({ hook }) => [hook.id, hook.status])).toEqual([
    [id, "ACTIVE"],
    [other, "ACTIVE"],
    [id, "PAUSED"],
    [id, "ACTIVE"],
    [id, "DELETED"],
    [other, "ACTIVE"],
  ]);
  await settle(one, 1);
  expect(one.items[0]?.hook.id).toBe(other);
});

test("activity shows everything of the project in one order, and nothing of another project", async () => {
  await using target = await receiver();
  await using hub = await testHub();
  const { key } = await createProject(hub.db.sql, "Neighbour");
  type Item = { cursor: string; at: string; node: { __typename: string; id: string } };
  const query =
    "subscription ($after: String) { activity(after: $after) { cursor at node { __typename id } } }";
  await using own = overSocket<Item>(hub, query);
  await using foreign = overSocket<Item>({ url: hub.url, key }, query);
  await following(hub.url, 2);
  const hookId = await addHook(hub, target.url, "a");
  const eventId = await emit(hub, "a", { waitMs: 10_000 });
  await hub.run(EMIT, { type: "theirs" }, key);
  await settle(own, 5);
  const [hookItem, ...rest] = own.items;
  expect(hookItem?.node).toEqual({ __typename: "Hook", id: hookId });
  expect(rest.map(({ node }) => node.__typename)).toEqual([
    "Event",
    "Delivery",
    "Delivery",
    "Event",
  ]);
  expect(rest[0]?.node.id).toBe(eventId);
  const positions = own.items.map(({ cursor }) => positionIn(cursor));
  expect(positions).toEqual([...positions].sort((a, b) => a - b));
  expect(Date.parse(hookItem?.at ?? "")).toBeGreaterThan(Date.now() - 60_000);
  await settle(foreign, 1);
  // Neither another project's cursor nor its ids open a view into it.
  await using peek = overSocket<Item>({ url: hub.url, key }, query, {
    after: Buffer.from("feed:0").toString("base64url"),
  });
  await using aimed = overSocket<Item>(
    { url: hub.url, key },
    `subscription ($id: ID!) { hookUpdated(id: $id, after: "ZmVlZDow") { cursor } }`,
    { id: hookId },
  );
  await settle(peek, 1);
  await following(hub.url, 4);
  expect(peek.items).toEqual(foreign.items);
  expect(aimed.items).toEqual([]);
});

test("a revoked key's sockets and event streams end within 5 seconds, others go on", async () => {
  await using hub = await testHub();
  const made = await hub.run<{ createApiKey: { key: string; apiKey: { id: string } } }>(
    `mutation { createApiKey(input: { name: "k", role: VIEWER }) { key apiKey { id } } }`,
  );
  const { key, apiKey } = made.createApiKey;
  await using socket = overSocket({ url: hub.url, key }, "subscription { activity { cursor } }");
  await using stream = overEvents({ url: hub.url, key }, "subscription { activity { cursor } }");
  await using other = overSocket(hub, "subscription { activity { cursor } }");
  await following(hub.url, 3);
  // As another process would: nothing in this one is told.
  await hub.db.sql`update signalbox.api_keys set revoked_at = now() where id = ${apiKey.id}`;
  expect(await socket.ended).toBe(4403);
  expect(await stream.ended).toBe("errors");
  expect(stream.errors).toMatchObject([
    { message: "The API key has been revoked.", extensions: { code: "UNAUTHENTICATED" } },
  ]);
  await following(hub.url, 1);
  await emit(hub, "a");
  await settle(other, 1);
});
