import { beforeAll, expect, test } from "vitest";
import { auditLog } from "../fixtures/auditLog.ts";
import {
  change,
  countByStatus,
  deliveries,
  deliveryOf,
  emit,
  register,
} from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver, status } from "../fixtures/receiver.ts";
import { failed, over, replay as replayed, timesTried } from "../fixtures/replays.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  return () => hub[Symbol.asyncDispose]();
});
const patience = { timeout: 60_000 };

/** A replay of chosen deliveries: no time is given. */
const replay = (input: object) => replayed(hub, { since: null, ...input });

async function begin(input: object): Promise<string> {
  const { replay: begun, userErrors } = await replay(input);
  if (!begun) throw new Error(JSON.stringify(userErrors));
  return begun.id;
}

test("chosen deliveries alone are sent again, without a time, and the audit log names them", async () => {
  await using target = await receiver();
  const hookId = await failed(hub, target, "some", 3);
  const [first, second] = (await deliveries(hub, { hookId })).map(({ id }) => id);
  const deliveryIds = [first, second];
  expect((await replay({ deliveryIds, dryRun: true })).matched).toBe(2);
  const id = await begin({ deliveryIds });
  expect(await over(hub, id)).toMatchObject({ status: "DONE", matched: 2, created: 2 });
  await expect
    .poll(() => countByStatus(hub, hookId), patience)
    .toEqual({ SUCCEEDED: 2, FAILED: 1 });
  const [entry] = await auditLog(hub, `entityId: "${id}"`);
  expect(entry).toMatchObject({ action: "replayDeliveries", after: { deliveryIds, matched: 2 } });
});

test("what waits for its next attempt is tried at once when it was chosen, unless a status is asked for", async () => {
  await using target = await receiver(status(500));
  const { id: hookId } = await register(hub, {
    ...{ url: target.url, types: ["waiting"], retries: 1, retryScheduleMs: [3_600_000] },
  });
  const { id: eventId } = await emit(hub, { type: "waiting", waitMs: 0 });
  await expect.poll(() => countByStatus(hub, hookId), patience).toEqual({ RETRYING: 1 });
  target.answer = status(200);
  const { id } = await deliveryOf(hub, eventId);
  expect((await replay({ deliveryIds: [id], status: ["FAILED"] })).matched).toBe(0);
  expect((await replayed(hub, { hookId })).matched).toBe(0);
  await over(hub, await begin({ deliveryIds: [id] }));
  await expect.poll(() => countByStatus(hub, hookId), patience).toEqual({ SUCCEEDED: 1 });
  expect(await timesTried(hub, hookId)).toEqual({ 2: 1 });
});

test("what a replay has sent is sent again when it was chosen", async () => {
  await using target = await receiver();
  const { id: hookId } = await register(hub, { url: target.url, types: ["chain"] });
  const { id: eventId } = await emit(hub, { type: "chain" });
  const { id: original } = await deliveryOf(hub, eventId);
  await over(hub, await begin({ deliveryIds: [original] }));
  await expect.poll(() => countByStatus(hub, hookId), patience).toEqual({ SUCCEEDED: 2 });
  const repeat = (await deliveries(hub, { hookId })).find(({ replayOf }) => replayOf !== null)?.id;
  await over(hub, await begin({ deliveryIds: [repeat] }));
  await expect.poll(() => countByStatus(hub, hookId), patience).toEqual({ SUCCEEDED: 3 });
});

test("what was parked alone is released; what is parked with its hook waits for it", async () => {
  await using target = await receiver(status(500));
  const { id: hookId } = await register(hub, {
    ...{ url: target.url, types: ["parked"], retries: 0, orderBy: "'key'", onOrderFailure: "PARK" },
  });
  const { id: eventId } = await emit(hub, { type: "parked", waitMs: 0 });
  await expect.poll(() => countByStatus(hub, hookId), patience).toEqual({ PARKED: 1 });
  const deliveryIds = [(await deliveryOf(hub, eventId)).id];
  target.answer = status(200);
  await change(hub, "pauseHook", hookId);
  expect((await replay({ deliveryIds })).matched).toBe(0);
  // Resuming would release it, too.
  await hub.db.sql`update signalbox.hooks set status = 'ACTIVE' where id = ${hookId}`;
  expect(await over(hub, await begin({ deliveryIds }))).toMatchObject({ matched: 1, created: 1 });
  await expect.poll(() => countByStatus(hub, hookId), patience).toEqual({ SUCCEEDED: 1 });
});

test("the other fields narrow what was chosen down; an unknown delivery and no time at all are refused", async () => {
  await using target = await receiver();
  const hookId = await failed(hub, target, "narrow", 2);
  const deliveryIds = (await deliveries(hub, { hookId })).map(({ id }) => id);
  const dry = (input: object) => replay({ dryRun: true, ...input });
  expect((await dry({ deliveryIds, types: ["none"] })).matched).toBe(0);
  expect((await dry({ deliveryIds, hookId, statusCodes: [500] })).matched).toBe(2);
  expect((await dry({ deliveryIds, since: "9999-01-01T00:00:00Z" })).matched).toBe(0);
  expect((await dry({ deliveryIds: [] })).matched).toBe(0);
  const unknown = "0199c0de-0000-7000-8000-000000000001";
  for (const id of [unknown, "nonsense"])
    expect((await dry({ deliveryIds: [...deliveryIds, id] })).userErrors).toEqual([
      { code: "NOT_FOUND", message: `no delivery ${id}`, path: ["deliveryIds", "2"] },
    ]);
  expect((await dry({ hookId })).userErrors).toEqual([
    {
      code: "INVALID",
      message: "field 'since' is required unless 'deliveryIds' is given",
      path: ["since"],
    },
  ]);
});
