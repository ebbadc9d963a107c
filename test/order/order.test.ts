import { beforeAll, expect, test } from "vitest";
import { change, emit, emitMany, register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { orderedDeliveries, orderedReceiver } from "../fixtures/ordered.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  return () => hub[Symbol.asyncDispose]();
});

const soon = { timeout: 30_000 };
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const item = (type: string, key: unknown, n: number) => ({ type, data: { key, n } });
const ordered = { format: "DATA", orderBy: "event.data.key" };

test("deliveries of one key go one after the other in the order of acceptance, however long a try takes", async () => {
  await using target = await orderedReceiver(2);
  await register(hub, { url: target.url, types: ["one"], ...ordered });
  for (const n of upTo(30)) await emit(hub, { ...item("one", "k", n), waitMs: 0 });
  await emitMany(
    hub,
    upTo(30).map((n) => item("one", "k", 30 + n)),
  );
  await expect.poll(() => target.accepted("k").length, soon).toBe(60);
  expect(target.numbers("k")).toEqual(upTo(60));
  expect(target.mostOfKey).toBe(1);
});

test("other keys do not wait, nor do events without a key", async () => {
  await using target = await orderedReceiver();
  const held = Promise.withResolvers<number>();
  target.decide = ({ key, n }) => (key === "held" && n === 1 ? held.promise : 200);
  const { id } = await register(hub, { url: target.url, types: ["other"], ...ordered });
  const keys = ["held", "held", "free", "free", "free", null, ""];
  await emitMany(
    hub,
    keys.map((key, index) => item("other", key, index + 1)),
  );
  await emit(hub, { type: "other", data: { n: 8 }, waitMs: 0 });
  await expect.poll(() => target.accepted("free"), soon).toEqual([3, 4, 5]);
  await expect.poll(() => target.requests.length, soon).toBe(7);
  const [first, second, ...rest] = await orderedDeliveries(hub, id);
  expect(first).toMatchObject({ orderKey: "held", waitsFor: null });
  expect(second).toMatchObject({
    orderKey: "held",
    status: "PENDING",
    nextAttemptAt: null,
    waitsFor: { id: first?.id },
  });
  expect(rest.map(({ orderKey }) => orderKey)).toEqual(["free", "free", "free", null, null, null]);
  held.resolve(200);
  await expect.poll(() => target.accepted("held"), soon).toEqual([1, 2]);
});

test("a key waits while its delivery is retried", async () => {
  await using target = await orderedReceiver();
  let failures = 2;
  target.decide = ({ n }) => (n === 1 && failures-- > 0 ? 500 : 200);
  await register(hub, { url: target.url, types: ["retry"], ...ordered, retryScheduleMs: [100] });
  await emitMany(
    hub,
    upTo(3).map((n) => item("retry", "k", n)),
  );
  await expect.poll(() => target.accepted("k"), soon).toEqual([1, 2, 3]);
  expect(target.numbers("k")).toEqual([1, 1, 1, 2, 3]);
});

test("events that are matched after they are accepted keep their place among those matched at once", async () => {
  await using target = await orderedReceiver();
  // A filter that is not known to be cheap is evaluated in the sandbox.
  const filter = "event.data.key == 'k' && event.data.list.all(a, a.l.size() < 9)";
  await register(hub, { url: target.url, types: ["late"], ...ordered, filter });
  const list = Array.from({ length: 900 }, () => ({ l: ["a".repeat(20)] }));
  const states = [];
  for (const n of upTo(12)) {
    const data = { key: "k", n, list: n % 3 === 1 ? list : [] };
    states.push((await emit(hub, { type: "late", data, waitMs: 0 })).status);
  }
  expect(states[0]).toBe("STAGED");
  await expect.poll(() => target.accepted("k").length, soon).toBe(12);
  expect(target.numbers("k")).toEqual(upTo(12));
});

test("the events of a call too long to be matched at once stay in order with those after it", async () => {
  await using target = await orderedReceiver();
  await register(hub, { url: target.url, types: ["long"], ...ordered });
  const text = "x".repeat(4_000);
  await emitMany(
    hub,
    upTo(500).map((n) => ({ type: "long", data: { key: `k${n % 25}`, n, text } })),
  );
  await emitMany(
    hub,
    upTo(100).map((n) => item("long", `k${n % 25}`, 500 + n)),
  );
  await expect.poll(() => target.requests.length, soon).toBe(600);
  const all = upTo(600);
  for (const k of upTo(25))
    expect(target.accepted(`k${k % 25}`)).toEqual(all.filter((n) => n % 25 === k % 25));
  expect(target.mostOfKey).toBe(1);
});

test("events written through SQL are delivered in the order in which they were written", async () => {
  await using target = await orderedReceiver();
  await register(hub, { url: target.url, types: ["sql"], ...ordered });
  for (const n of upTo(40))
    await hub.db.sql`select signalbox.emit('sql', ${JSON.stringify({ key: "k", n })}::text::jsonb)`;
  await expect.poll(() => target.accepted("k").length, soon).toBe(40);
  expect(target.numbers("k")).toEqual(upTo(40));
});

test("a paused hook's deliveries go in order once it is resumed, and so does what comes meanwhile", async () => {
  await using target = await orderedReceiver();
  const { id } = await register(hub, { url: target.url, types: ["pause"], ...ordered });
  await change(hub, "pauseHook", id);
  for (const before of [0, 500, 1_000])
    await emitMany(
      hub,
      upTo(500).map((n) => item("pause", `k${(before + n) % 50}`, before + n)),
    );
  await change(hub, "resumeHook", id);
  await emitMany(
    hub,
    upTo(50).map((n) => item("pause", `k${n % 50}`, 1_500 + n)),
  );
  await expect.poll(() => target.requests.length, soon).toBe(1_550);
  for (const k of upTo(50))
    expect(target.accepted(`k${k % 50}`)).toEqual(upTo(1_550).filter((n) => n % 50 === k % 50));
  expect(target.mostOfKey).toBe(1);
});

test("what is behind is parked by a pause and cancelled with its hook", async () => {
  await using target = await orderedReceiver();
  const held = Promise.withResolvers<number>();
  target.decide = () => held.promise;
  const { id } = await register(hub, { url: target.url, types: ["behind"], ...ordered });
  await emitMany(
    hub,
    upTo(3).map((n) => item("behind", "k", n)),
  );
  await expect.poll(() => target.requests.length, soon).toBe(1);
  await change(hub, "pauseHook", id);
  const states = async () => (await orderedDeliveries(hub, id)).map(({ status }) => status);
  expect(await states()).toEqual(["PENDING", "PARKED", "PARKED"]);
  await change(hub, "deleteHook", id);
  expect(await states()).toEqual(["PENDING", "CANCELLED", "CANCELLED"]);
  held.resolve(500);
  await expect.poll(states, soon).toEqual(["CANCELLED", "CANCELLED", "CANCELLED"]);
});

test("a replay sends the deliveries of a key in their order again", async () => {
  await using target = await orderedReceiver(1);
  const { id } = await register(hub, { url: target.url, types: ["replay"], ...ordered });
  await emitMany(
    hub,
    upTo(20).map((n) => item("replay", "k", n)),
  );
  await expect.poll(() => target.accepted("k").length, soon).toBe(20);
  await hub.run(
    `mutation ($hookId: ID!) { replayDeliveries(input: { hookId: $hookId, since: "2020-01-01T00:00:00Z" }) {
      userErrors { message } } }`,
    { hookId: id },
  );
  await expect.poll(() => target.accepted("k").length, soon).toBe(40);
  expect(target.numbers("k")).toEqual([...upTo(20), ...upTo(20)]);
  expect(target.mostOfKey).toBe(1);
});
