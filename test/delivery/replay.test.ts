import { beforeAll, expect, test } from "vitest";
import {
  change,
  countByStatus,
  deliveries,
  deliveryOf,
  emit,
  emitMany,
  hookOf,
  register,
  update,
} from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver, status } from "../fixtures/receiver.ts";
import {
  begin,
  cancel,
  failed,
  over,
  type Replay,
  replay,
  replayOf,
  timesTried,
} from "../fixtures/replays.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  return () => hub[Symbol.asyncDispose]();
});
const patience = { timeout: 60_000 };
const eventStatus = async (id: string) =>
  (
    await hub.run<{ event: { status: string } }>("query ($id: ID!) { event(id: $id) { status } }", {
      id,
    })
  ).event.status;
const replaysStored = async () =>
  Number((await hub.db.sql`select count(*) from signalbox.replays`)[0]?.count);

test("a replay opens what failed again: the same delivery, the same webhook-id, and the event ends anew; a second finds nothing", async () => {
  await using target = await receiver(status(500));
  const { id: hookId } = await register(hub, { url: target.url, types: ["again"], retries: 0 });
  const event = await emit(hub, { type: "again" });
  const original = await deliveryOf(hub, event.id);
  expect(event.status).toBe("FAILED");
  target.answer = status(200);
  const begun = await begin(hub, { hookId, status: ["FAILED"] });
  expect(begun).toMatchObject({ status: "RUNNING", matched: 1, created: 0, finishedAt: null });
  expect(await over(hub, begun.id)).toEqual({
    ...begun,
    status: "DONE",
    created: 1,
    finishedAt: expect.any(String),
  });
  await expect.poll(() => eventStatus(event.id), patience).toBe("PROCESSED");
  const all = await deliveries(hub, { eventId: event.id });
  expect(all).toMatchObject([
    { id: original.id, status: "SUCCEEDED", replayOf: null, attemptCount: 2, maxAttempts: 2 },
  ]);
  expect(target.requests.map(({ headers }) => headers["webhook-id"])).toEqual([event.id, event.id]);
  expect(target.requests[0]?.body).toBe(target.requests[1]?.body);
  expect(await hookOf(hub, hookId)).toMatchObject({
    triggeredCount: 1,
    succeededCount: 1,
    failedCount: 0,
  });
  const second = await replay(hub, { hookId, status: ["FAILED"] });
  expect(second).toMatchObject({ matched: 0, replay: { status: "DONE", created: 0 } });
  expect(target.requests).toHaveLength(2);
});

test("what SUCCEEDED is sent again as new deliveries beside, each first one once per replay", async () => {
  await using target = await receiver();
  const hookId = await failed(hub, target, "resent", 2);
  await emit(hub, { type: "resent" });
  // Every ended state: two are opened, one is sent again.
  expect(await over(hub, (await begin(hub, { hookId })).id)).toMatchObject({
    ...{ matched: 3, created: 3 },
  });
  await expect.poll(() => countByStatus(hub, hookId), patience).toEqual({ SUCCEEDED: 4 });
  expect(await timesTried(hub, hookId)).toEqual({ "1 + 1": 1, 2: 2 });
  expect(await over(hub, (await begin(hub, { hookId })).id)).toMatchObject({
    ...{ matched: 3, created: 3 },
  });
  await expect.poll(() => countByStatus(hub, hookId), patience).toEqual({ SUCCEEDED: 7 });
  expect(await timesTried(hub, hookId)).toEqual({ "1 + 1 + 1": 1, "2 + 1": 2 });
  expect(await hookOf(hub, hookId)).toMatchObject({
    ...{ triggeredCount: 3, succeededCount: 7, failedCount: 0 },
  });
});

test("a replay that failed is opened again by the next, whatever it replays", async () => {
  await using target = await receiver();
  const { id: hookId } = await register(hub, { url: target.url, types: ["chain"], retries: 0 });
  await emit(hub, { type: "chain" });
  target.answer = status(500);
  await over(hub, (await begin(hub, { hookId, status: ["SUCCEEDED"] })).id);
  await expect
    .poll(() => countByStatus(hub, hookId), patience)
    .toEqual({ SUCCEEDED: 1, FAILED: 1 });
  target.answer = status(200);
  const { id } = await begin(hub, { hookId, status: ["FAILED"] });
  expect(await over(hub, id)).toMatchObject({ matched: 1, created: 1 });
  await expect.poll(() => countByStatus(hub, hookId), patience).toEqual({ SUCCEEDED: 2 });
  expect(await timesTried(hub, hookId)).toEqual({ "1 + 2": 1 });
});

test("a dry run counts as much as a replay matches, and stores nothing", async () => {
  await using target = await receiver();
  const hookId = await failed(hub, target, "dry", 3);
  const before = await replaysStored();
  const dry = await replay(hub, { hookId, dryRun: true });
  expect(dry).toEqual({ matched: 3, replay: null, userErrors: [] });
  expect(await replaysStored()).toBe(before);
  expect(await timesTried(hub, hookId)).toEqual({ 1: 3 });
  expect((await replay(hub, { hookId })).matched).toBe(3);
});

test("what matches is chosen by hook, type, status and window, since inclusive and until exclusive", async () => {
  await using target = await receiver();
  const one = await failed(hub, target, "chosen.one", 3);
  const other = await failed(hub, target, "chosen.other", 2);
  await emit(hub, { type: "chosen.other" });
  const count = async (input: object) => (await replay(hub, { ...input, dryRun: true })).matched;
  expect(await count({ hookId: one })).toBe(3);
  expect(await count({ hookId: other })).toBe(3);
  expect(await count({ hookId: other, status: ["FAILED"] })).toBe(2);
  expect(await count({ hookId: other, status: ["SUCCEEDED"] })).toBe(1);
  expect(await count({ hookId: other, status: ["GONE", "QUARANTINED"] })).toBe(0);
  expect(await count({ type: "chosen.one" })).toBe(3);
  expect(await count({ type: "chosen.*" })).toBe(6);
  expect(await count({ type: "chosen" })).toBe(0);
  expect(await count({ type: "chosen.one", hookId: other })).toBe(0);
  const at = (second: number) => new Date(Date.now() - 60_000 + second * 1_000);
  const [first, second, third] = [at(0), at(1), at(2)];
  const { sql } = hub.db;
  for (const [index, moment] of [first, second, third].entries()) {
    await sql`update signalbox.ended_deliveries set created_at = ${moment} where id = (
      select id from signalbox.deliveries where hook_id = ${one} order by id offset ${index} limit 1)`;
  }
  const window = (since: Date, until?: Date) => count({ hookId: one, since, until });
  expect(await window(first, third)).toBe(2);
  expect(await window(second, third)).toBe(1);
  expect(await window(second)).toBe(2);
  expect(await window(new Date(second.getTime() + 1), third)).toBe(0);
  expect(await window(first, new Date(third.getTime() + 1))).toBe(3);
  const { id } = await begin(hub, { hookId: one, since: second, until: third });
  expect(await over(hub, id)).toMatchObject({ matched: 1, created: 1 });
});

test("what is open and what a deleted hook had are not matched", async () => {
  await using target = await receiver(status(500));
  const { id: hookId } = await register(hub, { url: target.url, types: ["unmatched"], retries: 0 });
  const gone = await failed(hub, target, "unmatched.gone", 1);
  target.answer = status(500);
  await emit(hub, { type: "unmatched" });
  await change(hub, "pauseHook", hookId);
  await emit(hub, { type: "unmatched", waitMs: 0 });
  await change(hub, "deleteHook", gone);
  expect((await replay(hub, { hookId, dryRun: true })).matched).toBe(1);
  expect((await replay(hub, { type: "unmatched.gone", dryRun: true })).matched).toBe(0);
  // Nothing to do: over at once.
  const { replay: idle } = await replay(hub, { type: "unmatched.gone" });
  expect(idle).toMatchObject({ status: "DONE", matched: 0, finishedAt: expect.any(String) });
});

test("for a paused hook what a replay opens is PARKED until it is resumed", async () => {
  await using target = await receiver();
  const hookId = await failed(hub, target, "parked", 5);
  const before = target.requests.length;
  await change(hub, "pauseHook", hookId);
  const first = await over(hub, (await begin(hub, { hookId })).id);
  expect(first).toMatchObject({ matched: 5, created: 5 });
  expect(await countByStatus(hub, hookId)).toEqual({ PARKED: 5 });
  expect((await replay(hub, { hookId })).matched).toBe(0);
  expect(target.requests).toHaveLength(before);
  await change(hub, "resumeHook", hookId);
  await expect.poll(() => countByStatus(hub, hookId), patience).toEqual({ SUCCEEDED: 5 });
  expect(target.requests).toHaveLength(before + 5);
});

/** Waits until a replay has made some chunks. */
const begun = (id: string) =>
  expect.poll(async () => (await replayOf(hub, id)).created, patience).toBeGreaterThan(0);
/** Some chunks of 25, no more than may wait at a hook that sends one a second. */
function expectSomeChunks(created: number) {
  expect(created % 25).toBe(0);
  expect(created).toBeGreaterThan(0);
  expect(created).toBeLessThan(650);
}

test("a replay waits while 400 of it are due at its hook, other events are sent meanwhile, and it can be cancelled", async () => {
  await using target = await receiver();
  const hookId = await failed(hub, target, "throttled", 650);
  await update(hub, hookId, { rateLimitPerSecond: 1 });
  const { id } = await begin(hub, { hookId });
  await begun(id);
  await using live = await receiver();
  await register(hub, { url: live.url, types: ["live"] });
  expect((await emit(hub, { type: "live" })).status).toBe("PROCESSED");
  const { replay: cancelled, matched } = await cancel(hub, id);
  expect(matched).toBe(650);
  const created = cancelled?.created ?? 0;
  expectSomeChunks(created);
  expect(cancelled).toMatchObject({ status: "CANCELLED", finishedAt: expect.any(String) });
  await update(hub, hookId, { rateLimitPerSecond: null });
  await expect
    .poll(() => countByStatus(hub, hookId), patience)
    .toEqual({ FAILED: 650 - created, SUCCEEDED: created });
  expect(await timesTried(hub, hookId)).toEqual({ 1: 650 - created, 2: created });
  expect(await replayOf(hub, id)).toEqual(cancelled);
  expect(await cancel(hub, id)).toEqual({
    matched: 0,
    replay: null,
    userErrors: [
      { code: "NOT_ALLOWED_NOW", message: `replay ${id} is CANCELLED already`, path: ["id"] },
    ],
  });
});

test("what a deleted hook has left of a replay is left out", async () => {
  await using target = await receiver();
  const hookId = await failed(hub, target, "deleted", 650);
  await update(hub, hookId, { rateLimitPerSecond: 1 });
  const { id } = await begin(hub, { hookId });
  await begun(id);
  await change(hub, "deleteHook", hookId);
  const { status, matched, created } = await over(hub, id);
  expect([status, matched]).toEqual(["DONE", 650]);
  expectSomeChunks(created);
});

test("one busy hook does not hold up the others of a replay", async () => {
  await using target = await receiver();
  const busy = await failed(hub, target, "many.busy", 650);
  const free = await failed(hub, target, "many.free", 650);
  await update(hub, busy, { rateLimitPerSecond: 1 });
  const { id } = await begin(hub, { type: "many.*" });
  await expect.poll(() => timesTried(hub, free), patience).toEqual({ 2: 650 });
  expect(await replayOf(hub, id)).toMatchObject({ status: "RUNNING", matched: 1_300 });
  expect((await cancel(hub, id)).userErrors).toEqual([]);
  await change(hub, "deleteHook", busy);
});

test("errors name their place, and nothing is stored", async () => {
  await using target = await receiver();
  const { id: hookId } = await register(hub, { url: target.url, types: ["mistaken"] });
  await emitMany(hub, [{ type: "mistaken" }]);
  await change(hub, "deleteHook", hookId);
  const unknown = "0199c0de-0000-7000-8000-000000000001";
  const since = "2026-01-01T00:00:00Z";
  const before = await replaysStored();
  for (const dryRun of [true, false]) {
    const mistakes: [object, string, string[]][] = [
      [{ hookId: unknown }, "NOT_FOUND", ["hookId"]],
      [{ hookId: "nonsense" }, "NOT_FOUND", ["hookId"]],
      [{ hookId }, "NOT_ALLOWED_NOW", ["hookId"]],
      [{ since, until: since }, "INVALID", ["until"]],
      [{ since, until: "2025-01-01T00:00:00Z" }, "INVALID", ["until"]],
      [{ status: ["FAILED", "PENDING"] }, "INVALID", ["status", "1"]],
    ];
    for (const [input, code, path] of mistakes) {
      const { userErrors, ...rest } = await replay(hub, { ...input, dryRun });
      expect(userErrors).toEqual([{ code, path, message: expect.any(String) }]);
      expect(rest).toEqual({ matched: 0, replay: null });
    }
  }
  expect(await replaysStored()).toBe(before);
  for (const id of [unknown, "nonsense"]) {
    expect((await cancel(hub, id)).userErrors).toMatchObject([{ code: "NOT_FOUND", path: ["id"] }]);
    expect(await replayOf(hub, id)).toBeNull();
  }
});

test("a replay is a node", async () => {
  const { id } = await begin(hub, { type: "none" });
  const found = await hub.run<{ node: Replay }>(
    "query ($id: ID!) { node(id: $id) { __typename id ... on Replay { matched } } }",
    { id },
  );
  expect(found.node).toEqual({ __typename: "Replay", id, matched: 0 });
});
