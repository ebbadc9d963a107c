import { beforeAll, describe, expect, test } from "vitest";
import {
  change,
  countByStatus,
  deliveries,
  deliveryOf,
  emit,
  emitMany,
  hookOf,
  register,
  tryRegister,
} from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver, status, statuses } from "../fixtures/receiver.ts";

let hub: TestHub;
let target: Receiver;
beforeAll(async () => {
  target = await receiver();
  hub = await testHub();
  return async () => {
    await hub[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
  };
});

const idsAt = (path: string) =>
  target.requests
    .filter((request) => request.path === path)
    .map(({ headers }) => String(headers["webhook-id"]));
const statusOfEvent = async (id: string) => {
  const { event } = await hub.run<{ event: { status: string } }>(
    "query ($id: ID!) { event(id: $id) { status } }",
    { id },
  );
  return event.status;
};
const patience = { timeout: 60_000 };

describe("a paused hook", () => {
  test("can be registered so: it parks from its first moment; a target's consent cannot be asked for then", async () => {
    const types = ["born.paused"];
    const hook = { url: `${target.url}/born`, types, paused: true };
    const { id } = await register(hub, hook);
    expect(await hookOf(hub, id)).toMatchObject({
      status: "PAUSED",
      statusReason: "paused by a person",
    });
    const { id: parked } = await emit(hub, { type: "born.paused", waitMs: 300 });
    expect(await countByStatus(hub, id)).toEqual({ PARKED: 1 });
    await change(hub, "resumeHook", id);
    await expect.poll(() => idsAt("/born"), patience).toEqual([parked]);
    const both = { ...hook, verification: "HOOK_SECRET" };
    expect(await tryRegister(hub, both)).toMatchObject({
      hook: null,
      userErrors: [{ code: "INVALID", path: ["paused"] }],
    });
  });

  test("parks what is new and what waits, and sends each exactly once when it is resumed", async () => {
    await using failing = await receiver(statuses(500, 200));
    const types = ["paused"];
    const { id } = await register(hub, { url: failing.url, types, retryScheduleMs: [60_000] });
    const waiting = await emit(hub, { type: "paused", waitMs: 0 });
    await expect
      .poll(async () => (await deliveryOf(hub, waiting.id)).status, patience)
      .toBe("RETRYING");

    const paused = await change(hub, "pauseHook", id);
    expect(paused.hook).toMatchObject({ status: "PAUSED", statusReason: "paused by a person" });
    const parked = await emit(hub, { type: "paused", waitMs: 300 });
    expect(parked.status).toBe("DISPATCHED");
    expect(await countByStatus(hub, id)).toEqual({ PARKED: 2 });
    expect(await deliveryOf(hub, parked.id)).toMatchObject({ nextAttemptAt: null, attempts: [] });
    const { event } = await hub.run<{ event: { why: { reason: string }[] } }>(
      "query ($id: ID!) { event(id: $id) { why { reason } } }",
      { id: parked.id },
    );
    expect(event.why).toContainEqual({ reason: "PAUSED" });

    expect((await change(hub, "resumeHook", id)).hook).toMatchObject({
      status: "ACTIVE",
      statusReason: null,
    });
    await expect.poll(() => countByStatus(hub, id), patience).toEqual({ SUCCEEDED: 2 });
    expect(failing.requests.map(({ headers }) => headers["webhook-id"]).sort()).toEqual(
      [waiting.id, waiting.id, parked.id].sort(),
    );
    expect(await statusOfEvent(parked.id)).toBe("PROCESSED");
    expect(await hookOf(hub, id)).toMatchObject({
      triggeredCount: 2,
      succeededCount: 2,
      failedCount: 0,
    });
  });

  test("lets an attempt in flight end, and parks its next try", async () => {
    const held = Promise.withResolvers<void>();
    await using slow = await receiver(async (request, response) => {
      await held.promise;
      status(500)(request, response);
    });
    const { id } = await register(hub, { url: slow.url, types: ["held"], retryScheduleMs: [100] });
    const event = await emit(hub, { type: "held", waitMs: 0 });
    await expect.poll(() => slow.requests.length, patience).toBe(1);
    await change(hub, "pauseHook", id);
    expect((await deliveryOf(hub, event.id)).status).toBe("PENDING");
    held.resolve();
    await expect
      .poll(async () => (await deliveryOf(hub, event.id)).status, patience)
      .toBe("PARKED");
    expect(await deliveryOf(hub, event.id)).toMatchObject({
      attemptCount: 1,
      lastError: "status 500",
    });
    slow.answer = status(200);
    await change(hub, "resumeHook", id);
    await expect
      .poll(async () => (await deliveryOf(hub, event.id)).status, patience)
      .toBe("SUCCEEDED");
  });

  test("may be paused and resumed twice without harm", async () => {
    const { id } = await register(hub, { url: target.url, types: ["twice"] });
    for (const mutation of ["pauseHook", "pauseHook", "resumeHook", "resumeHook"]) {
      expect((await change(hub, mutation, id)).userErrors).toEqual([]);
    }
    expect((await hookOf(hub, id)).status).toBe("ACTIVE");
  });
});

describe("a deleted hook", () => {
  test("has its waiting deliveries cancelled, stays to be read, and cannot come back", async () => {
    await using failing = await receiver(status(500));
    const types = ["deleted"];
    const { id } = await register(hub, { url: failing.url, types, retryScheduleMs: [60_000] });
    const event = await emit(hub, { type: "deleted", waitMs: 0 });
    await expect
      .poll(async () => (await deliveryOf(hub, event.id)).status, patience)
      .toBe("RETRYING");
    const { hook } = await change(hub, "deleteHook", id);
    expect(hook).toMatchObject({ status: "DELETED", statusReason: "deleted by a person" });
    expect(await deliveryOf(hub, event.id)).toMatchObject({
      status: "CANCELLED",
      nextAttemptAt: null,
    });
    expect((await deliveryOf(hub, event.id)).completedAt).not.toBeNull();
    expect(await statusOfEvent(event.id)).toBe("PROCESSED");
    expect(await emit(hub, { type: "deleted" })).toMatchObject({ status: "PROCESSED" });
    for (const mutation of ["pauseHook", "resumeHook"]) {
      expect((await change(hub, mutation, id)).userErrors).toMatchObject([
        { code: "NOT_ALLOWED_NOW", path: ["id"] },
      ]);
    }
    expect((await change(hub, "deleteHook", id)).userErrors).toEqual([]);
    expect(failing.requests).toHaveLength(1);
  });

  test("lets an attempt in flight end, and gives it no further try", async () => {
    const held = Promise.withResolvers<void>();
    const hold =
      (code: number) =>
      async (...[request, response]: Parameters<Receiver["answer"]>) => {
        await held.promise;
        status(code)(request, response);
      };
    await using fails = await receiver(hold(500));
    await using works = await receiver(hold(200));
    const first = await register(hub, {
      url: fails.url,
      types: ["doomed"],
      retryScheduleMs: [100],
    });
    const second = await register(hub, { url: works.url, types: ["doomed"] });
    const event = await emit(hub, { type: "doomed", waitMs: 0 });
    await expect.poll(() => fails.requests.length + works.requests.length, patience).toBe(2);
    for (const { id } of [first, second]) await change(hub, "deleteHook", id);
    held.resolve();
    await expect.poll(() => countByStatus(hub, first.id), patience).toEqual({ CANCELLED: 1 });
    await expect.poll(() => countByStatus(hub, second.id), patience).toEqual({ SUCCEEDED: 1 });
    expect(await statusOfEvent(event.id)).toBe("PROCESSED");
    expect(fails.requests).toHaveLength(1);
  });
});

test("a target that answers 410 ends its hook and what waits for it, and nobody else's", async () => {
  await using gone = await receiver();
  gone.answer = ({ body }, response) => response.writeHead(body.includes("last") ? 410 : 500).end();
  const types = ["gone"];
  const format = "CLOUD_EVENT_STRUCTURED";
  const { id } = await register(hub, { url: gone.url, types, format, retryScheduleMs: [60_000] });
  const other = await register(hub, { url: `${target.url}/other`, types, format });
  const waiting = await emit(hub, { type: "gone", waitMs: 0 });
  await expect.poll(() => countByStatus(hub, id), patience).toEqual({ RETRYING: 1 });
  const last = await emit(hub, { type: "gone", data: "last" });
  expect(last.status).toBe("PROCESSED");
  expect(await hookOf(hub, id)).toMatchObject({
    status: "DELETED",
    statusReason: "target answered 410",
    succeededCount: 0,
    failedCount: 0,
  });
  const [latest, first] = await deliveries(hub, { hookId: id });
  expect(latest).toMatchObject({ status: "GONE", event: { id: last.id }, lastError: "status 410" });
  expect(latest?.attempts).toMatchObject([{ outcome: "SUBSCRIBER_GONE", statusCode: 410 }]);
  expect(first).toMatchObject({ status: "CANCELLED", event: { id: waiting.id } });
  expect(await statusOfEvent(waiting.id)).toBe("PROCESSED");
  expect(await hookOf(hub, other.id)).toMatchObject({ status: "ACTIVE", succeededCount: 2 });
  await emit(hub, { type: "gone" });
  expect(gone.requests).toHaveLength(2);
});

test("a hook's own list of statuses decides which of them deletes it", async () => {
  await using target = await receiver(status(410));
  const { id } = await register(hub, { url: target.url, types: ["plain"], retries: 0 });
  expect((await emit(hub, { type: "plain" })).status).toBe("FAILED");
  expect(await hookOf(hub, id)).toMatchObject({ status: "ACTIVE", failedCount: 1 });
  target.answer = status(403);
  await hub.run(
    `mutation ($id: ID!) { updateHook(id: $id, input: { unsubscribeOn: [401, 403] }) { hook { id } } }`,
    { id },
  );
  await emit(hub, { type: "plain" });
  expect(await hookOf(hub, id)).toMatchObject({
    status: "DELETED",
    statusReason: "target answered 403",
  });
});

describe("200 events at once lose nothing", () => {
  const emits = (type: string) =>
    Promise.all(Array.from({ length: 200 }, (_, n) => emit(hub, { type, data: { n }, waitMs: 0 })));

  test("while their hook is paused and resumed", async () => {
    const { id } = await register(hub, { url: `${target.url}/race`, types: ["race"] });
    const emitted = emits("race");
    for (let i = 0; i < 5; i++) {
      await change(hub, "pauseHook", id);
      await change(hub, "resumeHook", id);
    }
    const events = await emitted;
    await expect.poll(() => countByStatus(hub, id), patience).toEqual({ SUCCEEDED: 200 });
    expect(idsAt("/race").sort()).toEqual(events.map(({ id }) => id).sort());
    expect(await hookOf(hub, id)).toMatchObject({ triggeredCount: 200, succeededCount: 200 });
  });

  test("while their hook is deleted", async () => {
    const { id } = await register(hub, { url: `${target.url}/end`, types: ["end"] });
    const emitted = emits("end");
    await expect.poll(() => idsAt("/end").length, patience).toBeGreaterThan(0);
    await change(hub, "deleteHook", id);
    const events = await emitted;
    const ended = async () => {
      const { SUCCEEDED = 0, CANCELLED = 0, ...open } = await countByStatus(hub, id);
      return { delivered: SUCCEEDED === new Set(idsAt("/end")).size, open, CANCELLED };
    };
    await expect.poll(ended, patience).toMatchObject({ delivered: true, open: {} });
    expect(new Set(idsAt("/end")).size).toBe(idsAt("/end").length);
    await expect
      .poll(
        async () => new Set(await Promise.all(events.map(({ id }) => statusOfEvent(id)))),
        patience,
      )
      .toEqual(new Set(["PROCESSED"]));
  });

  test("while their hook's tries are repeated by hand, and it is paused", async () => {
    await using failing = await receiver(status(500));
    const types = ["hand"];
    const { id } = await register(hub, { url: failing.url, types, retries: 0 });
    await emitMany(
      hub,
      Array.from({ length: 20 }, () => ({ type: "hand" })),
    );
    await expect.poll(() => countByStatus(hub, id), patience).toEqual({ FAILED: 20 });
    failing.answer = status(200);
    const failed = await deliveries(hub, { hookId: id });
    const retried = Promise.all(
      failed.flatMap((delivery) =>
        [1, 2].map(() =>
          hub.run("mutation ($id: ID!) { retryDelivery(id: $id) { userErrors { code } } }", {
            id: delivery.id,
          }),
        ),
      ),
    );
    for (let i = 0; i < 3; i++) {
      await change(hub, "pauseHook", id);
      await change(hub, "resumeHook", id);
    }
    await retried;
    const isOver = async () => Object.keys(await countByStatus(hub, id)).join();
    await expect.poll(isOver, patience).toBe("SUCCEEDED");
    // A second call that comes after the success sends it again.
    const { SUCCEEDED = 0 } = await countByStatus(hub, id);
    expect(SUCCEEDED).toBeGreaterThanOrEqual(20);
    expect(failing.requests).toHaveLength(20 + SUCCEEDED);
  });
});
