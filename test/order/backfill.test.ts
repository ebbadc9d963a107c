import { beforeAll, expect, test } from "vitest";
import { backfill } from "../fixtures/backfills.ts";
import { change, emitMany, register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { orderedDeliveries, orderedReceiver, release } from "../fixtures/ordered.ts";
import { over } from "../fixtures/replays.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  return () => hub[Symbol.asyncDispose]();
});

const soon = { timeout: 30_000 };
const upTo = (count: number, after = 0) =>
  Array.from({ length: count }, (_, index) => after + index + 1);
const ordered = { format: "DATA", orderBy: "event.data.key" };
const send = (type: string, key: unknown, numbers: number[]) =>
  emitMany(
    hub,
    numbers.map((n) => ({ type, data: { key, n } })),
  );

async function filled(input: { hookId: string } & Record<string, unknown>) {
  const { replay, userErrors } = await backfill(hub, input);
  if (!replay) throw new Error(JSON.stringify(userErrors));
  return over(hub, replay.id);
}

test("a backfill goes one after the other per key, in the order of acceptance, over all its chunks", async () => {
  await using target = await orderedReceiver(2);
  for (const n of upTo(4)) {
    await send("stored", "a", upTo(10, (n - 1) * 10));
    await send("stored", "b", upTo(10, (n - 1) * 10));
  }
  await send("stored", null, [1]);
  const { id: hookId } = await register(hub, { url: target.url, types: ["stored"], ...ordered });
  expect(await filled({ hookId })).toMatchObject({ status: "DONE", matched: 81, created: 81 });
  await expect.poll(() => target.requests.length, soon).toBe(81);
  expect(target.numbers("a")).toEqual(upTo(40));
  expect(target.numbers("b")).toEqual(upTo(40));
  expect(target.mostOfKey).toBe(1);
  expect((await orderedDeliveries(hub, hookId)).filter((one) => one.orderKey === null).length).toBe(
    1,
  );
});

test("what waits of a key lets older events of a backfill go first; other keys do not wait", async () => {
  await using target = await orderedReceiver();
  await send("mended", "k", [1, 2, 3]);
  await send("mended", "other", [1]);
  const { id: hookId } = await register(hub, { url: target.url, types: ["mended"], ...ordered });
  await change(hub, "pauseHook", hookId);
  await send("mended", "k", [4, 5]);
  expect(await filled({ hookId })).toMatchObject({ created: 4 });
  const waiting = await orderedDeliveries(hub, hookId);
  expect(waiting.map(({ status }) => status)).toEqual(Array(6).fill("PARKED"));
  await change(hub, "resumeHook", hookId);
  await expect.poll(() => target.accepted("k"), soon).toEqual(upTo(5));
  await expect.poll(() => target.accepted("other"), soon).toEqual([1]);
  expect(target.mostOfKey).toBe(1);
});

test("a backfill of a blocked key waits behind the block", async () => {
  await using target = await orderedReceiver();
  await send("blocked", "k", [1]);
  target.decide = ({ n }) => (n === 2 ? 404 : 200);
  const { id: hookId } = await register(hub, {
    ...{ url: target.url, types: ["blocked"], retries: 0, onOrderFailure: "BLOCK", ...ordered },
  });
  await send("blocked", "k", [2]);
  await expect
    .poll(async () => (await orderedDeliveries(hub, hookId)).map(({ status }) => status), soon)
    .toEqual(["FAILED"]);
  expect(await filled({ hookId })).toMatchObject({ created: 1 });
  const [, late] = await orderedDeliveries(hub, hookId);
  expect(late).toMatchObject({ status: "PENDING", nextAttemptAt: null, orderKey: "k" });
  expect(await release(hub, hookId, "k", true)).toEqual([]);
  await expect.poll(() => target.accepted("k"), soon).toEqual([1]);
});
