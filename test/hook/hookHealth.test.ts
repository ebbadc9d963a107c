import { beforeAll, describe, expect, test } from "vitest";
import { becameOf, healthOf, judgedBy, openHook, pass } from "../fixtures/health.ts";
import {
  change,
  countByStatus,
  deliveryOf,
  emit,
  emitMany,
  register,
  tryRegister,
  update,
} from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver, status, statuses } from "../fixtures/receiver.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  return () => hub[Symbol.asyncDispose]();
});
const patience = { timeout: 30_000, interval: 50 };
const broken = { retries: 20, retryScheduleMs: [100] };
const becomes = (id: string, health: string) =>
  expect.poll(async () => (await healthOf(hub, id)).health, patience).toBe(health);

describe("a hook's health", () => {
  test("is HEALTHY since it was registered", async () => {
    const { id } = await register(hub, { url: "http://127.0.0.1:9" });
    const { health, healthSince, heldUntil } = await healthOf(hub, id);
    expect([health, heldUntil]).toEqual(["HEALTHY", null]);
    expect(Date.parse(healthSince)).toBeGreaterThan(Date.now() - 60_000);
  });

  test("stays FAILING after ten failures within 30 s", async () => {
    await using target = await receiver(status(500));
    const { id } = await register(hub, { url: target.url, types: ["burst"], retries: 0 });
    await emitMany(
      hub,
      Array.from({ length: 40 }, () => ({ type: "burst" })),
    );
    await expect.poll(() => countByStatus(hub, id), patience).toEqual({ FAILED: 40 });
    expect(await becameOf(hub, id)).toEqual(["FAILING"]);
    expect(await judgedBy(hub, id)).toMatchObject({ failures: 40, probeInMs: null });
  });

  test("counts the attempts of one commit by when they ended", async () => {
    const ends = Promise.withResolvers<void>();
    await using target = await receiver(async (request, response) => {
      // The success ends last.
      if (request.body.includes('"ok"')) await ends.promise;
      status(request.body.includes('"ok"') ? 200 : 500)(request, response);
    });
    const hook = { url: target.url, types: ["order"], retries: 0 };
    const { id } = await register(hub, hook);
    await emitMany(hub, [
      { type: "order", data: { is: "ok" } },
      ...Array.from({ length: 6 }, () => ({ type: "order", data: {} })),
    ]);
    await expect.poll(() => becameOf(hub, id), patience).toEqual(["FAILING"]);
    ends.resolve();
    await becomes(id, "HEALTHY");
    expect((await judgedBy(hub, id)).failures).toBe(0);
  });

  test("may be seen through by a new url, and by a manual retry, at once", async () => {
    await using target = await receiver(status(500));
    await using other = await receiver();
    const { id, event } = await openHook(hub, target.url, "moved");
    await pass(hub, id, "-1 hour");
    expect(await update(hub, id, { url: other.url })).toEqual([]);
    await emit(hub, { type: "moved" });
    await becomes(id, "HEALTHY");
    await expect
      .poll(async () => (await deliveryOf(hub, event)).status, patience)
      .toBe("SUCCEEDED");

    const again = await openHook(hub, target.url, "retried");
    await pass(hub, again.id, "-1 hour");
    target.answer = status(200);
    const { id: deliveryId } = await deliveryOf(hub, again.event);
    await hub.run("mutation ($id: ID!) { retryDelivery(id: $id) { delivery { id } } }", {
      id: deliveryId,
    });
    await becomes(again.id, "HEALTHY");
  });
});

describe("a 429 or 503 with Retry-After", () => {
  test.each([429, 503])(
    "pauses the whole hook (%i), counts as no failure and uses up no try",
    async (code) => {
      await using target = await receiver(status(code, { "retry-after": "3000" }));
      const type = `held.${code}`;
      const { id } = await register(hub, { url: target.url, types: [type], retries: 0 });
      const first = await emit(hub, { type, waitMs: 0 });
      await expect
        .poll(async () => (await judgedBy(hub, id)).heldForMs ?? 0, patience)
        .toBeGreaterThan(2_900_000);
      // By another process of the hub, too.
      await using other = await testHub(hub.settings);
      await emit(other, { type, waitMs: 0 });
      await emit(hub, { type, waitMs: 300 });
      expect(target.requests).toHaveLength(1);
      expect(await countByStatus(hub, id)).toEqual({ PENDING: 2, RETRYING: 1 });
      expect(await deliveryOf(hub, first.id)).toMatchObject({ attemptCount: 1, maxAttempts: 2 });
      expect(await healthOf(hub, id)).toMatchObject({
        health: "HEALTHY",
        heldUntil: expect.any(String),
      });
      expect((await judgedBy(hub, id)).failures).toBe(0);

      target.answer = status(200);
      await pass(hub, id, "1 hour");
      await hub.db.sql`update signalbox.queue set due_at = now() where hook_id = ${id}`;
      await emit(hub, { type });
      await expect.poll(() => countByStatus(hub, id), patience).toEqual({ SUCCEEDED: 4 });
    },
  );

  test("does not pause a hook for no time, or when the answer is another", async () => {
    await using target = await receiver(status(503, { "retry-after": "0" }));
    const { id } = await register(hub, {
      url: target.url,
      types: ["at once"],
      retries: 1,
      retryScheduleMs: [100],
    });
    expect((await emit(hub, { type: "at once" })).status).toBe("FAILED");
    target.answer = status(500, { "retry-after": "3000" });
    expect((await emit(hub, { type: "at once" })).status).toBe("FAILED");
    target.answer = status(429, { "retry-after": "soon" });
    expect((await emit(hub, { type: "at once" })).status).toBe("FAILED");
    expect(await judgedBy(hub, id)).toMatchObject({ failures: 6, heldForMs: null });
  });

  test("uses up a try of a delivery that is a day old", async () => {
    await using target = await receiver(status(503, { "retry-after": "1" }));
    const { id } = await register(hub, { url: target.url, types: ["old"], retries: 0 });
    await change(hub, "pauseHook", id);
    const { id: eventId } = await emit(hub, { type: "old", waitMs: 0 });
    const old = (Date.now() - 25 * 3_600_000).toString(16).padStart(12, "0");
    const aged = `${old.slice(0, 8)}-${old.slice(8)}-7000-8000-000000000001`;
    await hub.db.sql`update signalbox.queue set id = ${aged} where event_id = ${eventId}`;
    await change(hub, "resumeHook", id);
    await expect.poll(async () => (await deliveryOf(hub, eventId)).status, patience).toBe("FAILED");
    expect(target.requests).toHaveLength(1);
  });
});

describe("disableAfter", () => {
  test("disables a hook when both of its limits hold, and enableHook releases what was parked", async () => {
    await using target = await receiver(status(500));
    const disableAfter = { failures: 6, hours: 2 };
    const { id } = await register(hub, {
      url: target.url,
      types: ["worn"],
      ...broken,
      disableAfter,
    });
    const { id: first } = await emit(hub, { type: "worn", waitMs: 0 });
    await expect.poll(async () => (await judgedBy(hub, id)).failures, patience).toBeGreaterThan(6);
    expect((await healthOf(hub, id)).status).toBe("ACTIVE");
    await pass(hub, id, "3 hours");
    await becomes(id, "DISABLED");
    expect(await healthOf(hub, id)).toMatchObject({
      status: "DISABLED",
      statusReason: "failed 6 times or more in a row, for 2 hours or more (disableAfter)",
      heldUntil: null,
    });
    const second = await emit(hub, { type: "worn", waitMs: 200 });
    await expect.poll(() => countByStatus(hub, id), patience).toEqual({ PARKED: 2 });
    const { event } = await hub.run<{ event: { why: { reason: string }[] } }>(
      "query ($id: ID!) { event(id: $id) { why { reason } } }",
      { id: second.id },
    );
    expect(event.why).toContainEqual({ reason: "DISABLED" });
    for (const mutation of ["pauseHook", "resumeHook"])
      expect((await change(hub, mutation, id)).userErrors).toEqual([
        { code: "NOT_ALLOWED_NOW", path: ["id"], message: expect.stringContaining("enableHook") },
      ]);

    target.answer = status(200);
    expect((await change(hub, "enableHook", id)).hook).toMatchObject({
      status: "ACTIVE",
      statusReason: null,
    });
    await expect.poll(() => countByStatus(hub, id), patience).toEqual({ SUCCEEDED: 2 });
    expect(await healthOf(hub, id)).toMatchObject({ status: "ACTIVE", health: "HEALTHY" });
    expect((await change(hub, "enableHook", id)).hook).toMatchObject({ status: "ACTIVE" });
    expect((await deliveryOf(hub, first)).status).toBe("SUCCEEDED");
  });

  test("counts from zero after enableHook", async () => {
    await using target = await receiver(status(500));
    const { id } = await register(hub, {
      ...{ url: target.url, types: ["again"], retries: 0, disableAfter: { failures: 2, hours: 0 } },
    });
    const failed = () => emit(hub, { type: "again", waitMs: 5_000 });
    await failed();
    expect((await healthOf(hub, id)).status).toBe("ACTIVE");
    await failed();
    await becomes(id, "DISABLED");
    await change(hub, "enableHook", id);
    await failed();
    expect(await healthOf(hub, id)).toMatchObject({ status: "ACTIVE", health: "HEALTHY" });
    await failed();
    await becomes(id, "DISABLED");
  });

  test.each([
    { failures: 1, hours: 0 },
    { failures: 2_147_483_647, hours: 87_600 },
    { failures: 10, hours: 0.25 },
  ])("may be %j, and is taken away by null", async (disableAfter) => {
    const { id } = await register(hub, { url: "http://127.0.0.1:9", disableAfter });
    const query = "query ($id: ID!) { hook(id: $id) { disableAfter { failures hours } } }";
    expect(await hub.run(query, { id })).toEqual({ hook: { disableAfter } });
    expect(await update(hub, id, { retries: 1 })).toEqual([]);
    expect(await hub.run(query, { id })).toEqual({ hook: { disableAfter } });
    expect(await update(hub, id, { disableAfter: null })).toEqual([]);
    expect(await hub.run(query, { id })).toEqual({ hook: { disableAfter: null } });
  });

  test.each([
    [{ failures: 0, hours: 1 }, "failures", "must be a whole number from 1 to 2147483647"],
    [{ failures: -1, hours: 1 }, "failures", "must be a whole number from 1 to 2147483647"],
    [{ failures: 1, hours: -0.1 }, "hours", "must be a number from 0 to 87600"],
    [{ failures: 1, hours: 87_600.1 }, "hours", "must be a number from 0 to 87600"],
  ])("may not be %j", async (disableAfter, field, message) => {
    const { hook, userErrors } = await tryRegister(hub, {
      url: "http://127.0.0.1:9",
      disableAfter,
    });
    expect(hook).toBeNull();
    expect(userErrors).toEqual([
      {
        code: "INVALID",
        message: `field 'disableAfter.${field}' ${message}`,
        path: ["disableAfter", field],
      },
    ]);
  });

  test("is left by enableHook alone, which is for a disabled hook alone", async () => {
    const { id } = await register(hub, { url: "http://127.0.0.1:9" });
    await change(hub, "pauseHook", id);
    expect((await change(hub, "enableHook", id)).userErrors).toEqual([
      { code: "NOT_ALLOWED_NOW", path: ["id"], message: expect.stringContaining("resumeHook") },
    ]);
    await change(hub, "deleteHook", id);
    expect((await change(hub, "enableHook", id)).userErrors[0]?.code).toBe("NOT_ALLOWED_NOW");
    expect((await change(hub, "enableHook", "no id")).userErrors[0]?.code).toBe("NOT_FOUND");
  });
});

test("an answer with the header webhook-delivery: disable disables the hook, whatever its status", async () => {
  const leave = { "webhook-delivery": "disable" };
  await using target = await receiver(status(200, leave));
  const { id } = await register(hub, { url: target.url, types: ["leave"] });
  expect((await emit(hub, { type: "leave" })).status).toBe("PROCESSED");
  const reason = "target answered with webhook-delivery: disable";
  expect(await healthOf(hub, id)).toMatchObject({
    status: "DISABLED",
    statusReason: reason,
    health: "DISABLED",
  });
  target.answer = status(500, { "Webhook-Delivery": " Disable " });
  await change(hub, "enableHook", id);
  await emit(hub, { type: "leave", waitMs: 0 });
  await becomes(id, "DISABLED");
  expect(await countByStatus(hub, id)).toEqual({ SUCCEEDED: 1, PARKED: 1 });
  target.answer = statuses(200);
  await change(hub, "enableHook", id);
  await expect.poll(() => countByStatus(hub, id), patience).toEqual({ SUCCEEDED: 2 });
});
