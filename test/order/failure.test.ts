import { beforeAll, expect, test } from "vitest";
import { recoverClaims } from "../../src/db/delivery/reclaim.ts";
import {
  change,
  countByStatus,
  emitMany,
  hookOf,
  register,
  tryRegister,
  update,
} from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import {
  blockedKeys,
  itemOf,
  orderedDeliveries,
  orderedReceiver,
  release,
  retry,
} from "../fixtures/ordered.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  return () => hub[Symbol.asyncDispose]();
});

const soon = { timeout: 30_000 };
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const item = (type: string, key: string, n: number) => ({ type, data: { key, n } });
const settings = { format: "DATA", orderBy: "event.data.key", retries: 1, retryScheduleMs: [100] };

/** A hook whose first delivery of key `k` fails until it is told otherwise, and four deliveries of it. */
async function failing(type: string, onOrderFailure?: string) {
  const target = await orderedReceiver();
  target.decide = ({ key, n }) => (key === "k" && n === 1 ? 500 : 200);
  const { id } = await register(hub, {
    url: target.url,
    types: [type],
    ...settings,
    onOrderFailure,
  });
  await emitMany(
    hub,
    upTo(4).map((n) => item(type, "k", n)),
  );
  return { target, id };
}

test("a key is blocked when a delivery has used up its tries, shows what waits, and goes on when it is released", async () => {
  const { target, id } = await failing("block");
  await using _ = target;
  await expect.poll(() => blockedKeys(hub, id), soon).toHaveLength(1);
  const [lost, ...waiting] = await orderedDeliveries(hub, id);
  expect(await blockedKeys(hub, id)).toEqual([
    {
      key: "k",
      waiting: 3,
      since: expect.any(String),
      delivery: { id: lost?.id, status: "FAILED", orderKey: "k" },
    },
  ]);
  for (const one of waiting)
    expect(one).toMatchObject({ status: "PENDING", waitsFor: { id: lost?.id } });
  expect(await retry(hub, waiting[0]?.id ?? "")).toMatchObject([
    { code: "NOT_ALLOWED_NOW", path: ["id"] },
  ]);
  // Others of the hook are delivered, and later ones of the key wait, too.
  await emitMany(hub, [item("block", "other", 5), item("block", "k", 6)]);
  await expect.poll(() => target.accepted("other"), soon).toEqual([5]);
  target.decide = () => 200;
  expect(await release(hub, id, "k")).toEqual([]);
  await expect.poll(() => target.accepted("k"), soon).toEqual([1, 2, 3, 4, 6]);
  expect(target.numbers("k")).toEqual([1, 1, 1, 2, 3, 4, 6]);
  expect(await blockedKeys(hub, id)).toEqual([]);
});

test("a released key is blocked again by the same delivery", async () => {
  const { target, id } = await failing("again");
  await using _ = target;
  await expect.poll(() => blockedKeys(hub, id), soon).toHaveLength(1);
  expect(await release(hub, id, "k")).toEqual([]);
  await expect.poll(() => target.numbers("k"), soon).toEqual([1, 1, 1, 1]);
  await expect.poll(() => blockedKeys(hub, id), soon).toHaveLength(1);
});

test("a key released with skip goes on without the lost delivery, which stays FAILED", async () => {
  const { target, id } = await failing("skipped");
  await using _ = target;
  await expect.poll(() => blockedKeys(hub, id), soon).toHaveLength(1);
  expect(await release(hub, id, "k", true)).toEqual([]);
  await expect.poll(() => target.accepted("k"), soon).toEqual([2, 3, 4]);
  await expect.poll(() => countByStatus(hub, id), soon).toEqual({ FAILED: 1, SUCCEEDED: 3 });
});

test("retryDelivery of the lost delivery frees its key", async () => {
  const { target, id } = await failing("retried");
  await using _ = target;
  await expect.poll(() => blockedKeys(hub, id), soon).toHaveLength(1);
  const [lost] = await orderedDeliveries(hub, id);
  target.decide = () => 200;
  expect(await retry(hub, lost?.id ?? "")).toEqual([]);
  await expect.poll(() => target.accepted("k"), soon).toEqual([1, 2, 3, 4]);
  expect(await blockedKeys(hub, id)).toEqual([]);
});

test("a replay of what FAILED frees the key and keeps the order", async () => {
  const { target, id } = await failing("replayed");
  await using _ = target;
  await expect.poll(() => blockedKeys(hub, id), soon).toHaveLength(1);
  target.decide = () => 200;
  await hub.run(
    `mutation ($hookId: ID!) { replayDeliveries(input: { hookId: $hookId, status: [FAILED], since: "2020-01-01T00:00:00Z" }) {
      userErrors { message } } }`,
    { hookId: id },
  );
  await expect.poll(() => target.accepted("k"), soon).toEqual([1, 2, 3, 4]);
});

test("with SKIP the key goes on, and the lost delivery stays FAILED", async () => {
  const { target, id } = await failing("skip", "SKIP");
  await using _ = target;
  await expect.poll(() => target.accepted("k"), soon).toEqual([2, 3, 4]);
  expect(target.numbers("k")).toEqual([1, 1, 2, 3, 4]);
  await expect.poll(() => countByStatus(hub, id), soon).toEqual({ FAILED: 1, SUCCEEDED: 3 });
  expect(await blockedKeys(hub, id)).toEqual([]);
});

test("with PARK the lost delivery is parked and the key goes on; retryDelivery and resumeHook release it", async () => {
  const { target, id } = await failing("park", "PARK");
  await using _ = target;
  await expect.poll(() => target.accepted("k"), soon).toEqual([2, 3, 4]);
  const [parked] = await orderedDeliveries(hub, id);
  expect(parked).toMatchObject({ status: "PARKED", orderKey: "k", waitsFor: null });
  expect(await retry(hub, parked?.id ?? "")).toEqual([]);
  // It has as many further tries as its hook, and no place in the order: then it is FAILED.
  await expect.poll(() => countByStatus(hub, id), soon).toEqual({ FAILED: 1, SUCCEEDED: 3 });
  expect(target.numbers("k")).toEqual([1, 1, 2, 3, 4, 1, 1]);

  target.decide = ({ n }) => (n === 5 ? 500 : 200);
  await emitMany(hub, [item("park", "k", 5), item("park", "k", 6)]);
  await expect.poll(() => countByStatus(hub, id), soon).toMatchObject({ PARKED: 1, SUCCEEDED: 4 });
  target.decide = () => 200;
  expect((await change(hub, "resumeHook", id)).userErrors).toEqual([]);
  expect((await countByStatus(hub, id)).PARKED).toBeUndefined();
  await expect.poll(() => target.accepted("k"), soon).toEqual([2, 3, 4, 6, 5]);
});

test("a deleted hook blocks no key", async () => {
  const { target, id } = await failing("deleted");
  await using _ = target;
  await expect.poll(() => blockedKeys(hub, id), soon).toHaveLength(1);
  await change(hub, "deleteHook", id);
  expect(await blockedKeys(hub, id)).toEqual([]);
  expect(await release(hub, id, "k")).toMatchObject([{ code: "NOT_FOUND", path: ["key"] }]);
});

test("a key is released by an operator, and only if it is blocked", async () => {
  const { target, id } = await failing("operator");
  await using _ = target;
  await expect.poll(() => blockedKeys(hub, id), soon).toHaveLength(1);
  expect(await release(hub, id, "K")).toEqual([
    { code: "NOT_FOUND", message: `hook ${id} has no blocked key 'K'`, path: ["key"] },
  ]);
  expect(await release(hub, "x", "k")).toEqual([
    { code: "NOT_FOUND", message: "no hook x", path: ["hookId"] },
  ]);
  const [operator, viewer] = [await keyOf(hub, "OPERATOR"), await keyOf(hub, "VIEWER")];
  await expect(release(hub, id, "k", true, viewer.key)).rejects.toThrow("FORBIDDEN");
  expect(await release(hub, id, "k", true, operator.key)).toEqual([]);
  expect(await release(hub, id, "k", true)).toMatchObject([{ code: "NOT_FOUND", path: ["key"] }]);
});

test("orderBy that can't be a text is refused with the reason", async () => {
  const refused = async (orderBy: unknown) => {
    const { hook, userErrors } = await tryRegister(hub, { url: "http://127.0.0.1:1", orderBy });
    return { hook, errors: userErrors.map(({ code, path }) => [code, ...path]) };
  };
  for (const orderBy of [
    "",
    "event.data.",
    "1 + 1",
    "event.data.n > 1",
    "event",
    "[event.id]",
    "null",
    "other.id",
    "x".repeat(2_001),
  ])
    expect(await refused(orderBy)).toEqual({ hook: null, errors: [["INVALID", "orderBy"]] });
  const { id } = await register(hub, { url: "http://127.0.0.1:1", types: ["never"] });
  expect(await update(hub, id, { orderBy: "1 + 1" })).toMatchObject([{ path: ["orderBy"] }]);
  expect(await update(hub, id, { orderBy: "event.subject.id", onOrderFailure: "PARK" })).toEqual(
    [],
  );
  const { hook } = await hub.run("query ($id: ID!) { hook(id: $id) { orderBy onOrderFailure } }", {
    id,
  });
  expect(hook).toEqual({ orderBy: "event.subject.id", onOrderFailure: "PARK" });
  expect(await update(hub, id, { orderBy: null })).toEqual([]);
  expect((await hookOf(hub, id)).status).toBe("ACTIVE");
});

test("numbers are keys by their text, and a text longer than 200 characters by its digest", async () => {
  await using target = await orderedReceiver();
  const { id } = await register(hub, { url: target.url, types: ["keys"], ...settings });
  const keys = [7, "7", "x".repeat(200), "x".repeat(201), { a: 1 }, [1], true];
  await emitMany(
    hub,
    keys.map((key, index) => ({ type: "keys", data: { key, n: index + 1 } })),
  );
  await expect.poll(() => target.requests.map(itemOf).length, soon).toBe(7);
  expect((await orderedDeliveries(hub, id)).map(({ orderKey }) => orderKey)).toEqual([
    "7",
    "7",
    "x".repeat(200),
    expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    null,
    null,
    "true",
  ]);
});

test("erasing the event of a lost delivery frees its key, and its text is gone", async () => {
  const { target, id } = await failing("erased");
  await using _ = target;
  await expect.poll(() => blockedKeys(hub, id), soon).toHaveLength(1);
  const [lost] = await orderedDeliveries(hub, id);
  const { delivery } = await hub.run<{ delivery: { event: { id: string } } }>(
    "query ($id: ID!) { delivery(id: $id) { event { id } } }",
    { id: lost?.id },
  );
  await hub.run("mutation ($id: ID!) { expungeEvent(id: $id) { userErrors { message } } }", {
    id: delivery.event.id,
  });
  await expect.poll(() => target.accepted("k"), soon).toEqual([2, 3, 4]);
  expect(await blockedKeys(hub, id)).toEqual([]);
  await expect
    .poll(async () => (await orderedDeliveries(hub, id))[0], soon)
    .toMatchObject({ status: "FAILED", orderKey: null });
});

test("a delivery that is quarantined blocks its key, too", async () => {
  await using target = await orderedReceiver();
  const held = Promise.withResolvers<number>();
  target.decide = ({ n }) => (n === 1 ? held.promise : 200);
  const { id } = await register(hub, { url: target.url, types: ["quarantine"], ...settings });
  await emitMany(
    hub,
    upTo(2).map((n) => item("quarantine", "k", n)),
  );
  await expect.poll(() => target.numbers("k"), soon).toEqual([1]);
  // As if two processes had died with it, and this one, too.
  await hub.db
    .sql`update signalbox.queue set unknown_count = 2, lease_until = now() where lease_token is not null`;
  await recoverClaims(hub.db.sql, { deadWorkers: [], quarantineAfter: 3 });
  expect(await blockedKeys(hub, id)).toMatchObject([
    { key: "k", waiting: 1, delivery: { status: "QUARANTINED" } },
  ]);
  held.resolve(200);
  expect(await release(hub, id, "k", true)).toEqual([]);
  await expect.poll(() => target.accepted("k"), soon).toEqual([1, 2]);
});
