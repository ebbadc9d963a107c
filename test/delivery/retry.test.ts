import { beforeAll, describe, expect, test } from "vitest";
import { type Delivery, deliveryOf, emit, hookOf, register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver, status, statuses } from "../fixtures/receiver.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  return () => hub[Symbol.asyncDispose]();
});
const patience = { timeout: 60_000 };

/** Milliseconds from each request to the next. */
const gaps = (requests: { at: number }[]) =>
  requests.slice(1).map(({ at }, index) => at - (requests[index]?.at ?? 0));

const waitFor = async (eventId: string, status: string): Promise<Delivery> => {
  await expect.poll(async () => (await deliveryOf(hub, eventId)).status, patience).toBe(status);
  return deliveryOf(hub, eventId);
};

describe("a delivery that fails", () => {
  test("is tried as often as its hook says, and then FAILED", async () => {
    await using target = await receiver(status(500));
    const types = ["often"];
    const { id } = await register(hub, {
      url: target.url,
      types,
      retries: 4,
      retryScheduleMs: [100],
    });
    const event = await emit(hub, { type: "often" });
    expect(event.status).toBe("FAILED");
    expect(target.requests).toHaveLength(5);
    expect(await deliveryOf(hub, event.id)).toMatchObject({
      status: "FAILED",
      attemptCount: 5,
      maxAttempts: 5,
      nextAttemptAt: null,
      completedAt: expect.any(String),
      lastError: "status 500",
    });
    expect(await hookOf(hub, id)).toMatchObject({
      triggeredCount: 1,
      succeededCount: 0,
      failedCount: 1,
    });
  });

  test("is tried once when its hook wants no retries", async () => {
    await using target = await receiver(status(500));
    await register(hub, { url: target.url, types: ["once"], retries: 0 });
    expect((await emit(hub, { type: "once" })).status).toBe("FAILED");
    expect(target.requests).toHaveLength(1);
  });

  test.each([
    ["413, unless its hook says otherwise", 413, {}],
    ["what its hook says", 422, { finalStatuses: [400, 422] }],
  ])("is not tried again after %s", async (name, code, input) => {
    await using target = await receiver(status(code));
    const types = [`final ${name}`];
    const { id } = await register(hub, {
      url: target.url,
      types,
      retryScheduleMs: [100],
      ...input,
    });
    const event = await emit(hub, { type: `final ${name}` });
    expect(event.status).toBe("FAILED");
    expect(target.requests).toHaveLength(1);
    const ended = {
      status: "FAILED",
      attemptCount: 1,
      maxAttempts: 4,
      lastError: `status ${code}`,
    };
    expect(await deliveryOf(hub, event.id)).toMatchObject(ended);
    expect(await hookOf(hub, id)).toMatchObject({ status: "ACTIVE", failedCount: 1 });
  });

  test("is tried again after 413 when its hook has other final statuses, or none", async () => {
    await using target = await receiver(status(413));
    const input = { url: target.url, retries: 2, retryScheduleMs: [100] };
    await register(hub, { ...input, types: ["none final"], finalStatuses: [] });
    const { id } = await register(hub, { ...input, types: ["other final"] });
    const change = `mutation ($id: ID!, $codes: [Int!]) {
      updateHook(id: $id, input: { finalStatuses: $codes }) { hook { finalStatuses } } }`;
    await hub.run(change, { id, codes: [404] });
    // Null keeps them.
    expect(await hub.run(change, { id, codes: null })).toEqual({
      updateHook: { hook: { finalStatuses: [404] } },
    });
    await emit(hub, { type: "none final" });
    await emit(hub, { type: "other final" });
    expect(target.requests).toHaveLength(6);
  });

  test("ends as GONE when a status both deletes its hook and is final", async () => {
    await using target = await receiver(status(410));
    const codes = { unsubscribeOn: [410], finalStatuses: [410] };
    await register(hub, { url: target.url, types: ["both"], ...codes });
    expect(await deliveryOf(hub, (await emit(hub, { type: "both" })).id)).toMatchObject({
      status: "GONE",
    });
  });

  test("has four tries by default, the second due after 5 s ± 20 %", async () => {
    await using target = await receiver(status(500));
    await register(hub, { url: target.url, types: ["default"] });
    const event = await emit(hub, { type: "default", waitMs: 0 });
    const delivery = await waitFor(event.id, "RETRYING");
    expect(delivery).toMatchObject({ attemptCount: 1, maxAttempts: 4, completedAt: null });
    const [first] = delivery.attempts;
    const ended = Date.parse(first?.startedAt ?? "") + (first?.elapsedMs ?? 0);
    const wait = Date.parse(delivery.nextAttemptAt ?? "") - ended;
    expect(wait).toBeGreaterThanOrEqual(3_990);
    expect(wait).toBeLessThan(6_000 + 10_000);
  });

  test("waits as its schedule says, whose last value repeats, ± 20 %", async () => {
    await using target = await receiver(status(500));
    const input = { url: target.url, types: ["schedule"], retryScheduleMs: [200, 600], retries: 4 };
    await register(hub, input);
    await emit(hub, { type: "schedule" });
    const waits = gaps(target.requests);
    expect(waits).toHaveLength(4);
    for (const [index, base] of [200, 600, 600, 600].entries()) {
      expect(waits[index]).toBeGreaterThanOrEqual(base * 0.8 - 5);
    }
  });

  test("succeeds with the first answer that does, and forgets its error", async () => {
    await using target = await receiver(statuses(500, 404, 201, 500));
    const types = ["succeeds"];
    const { id } = await register(hub, { url: target.url, types, retryScheduleMs: [100] });
    const event = await emit(hub, { type: "succeeds" });
    expect(event.status).toBe("PROCESSED");
    expect(await deliveryOf(hub, event.id)).toMatchObject({
      status: "SUCCEEDED",
      attemptCount: 3,
      lastError: null,
    });
    expect(await hookOf(hub, id)).toMatchObject({
      triggeredCount: 1,
      succeededCount: 1,
      failedCount: 0,
    });
  });

  test.each([
    ["seconds", () => "2"],
    ["a date", () => new Date(Date.now() + 3_000).toUTCString()],
  ])("waits for as long as Retry-After says in %s", async (name, retryAfter) => {
    await using target = await receiver();
    let answered = 0;
    target.answer = (request, response) =>
      status(answered++ === 0 ? 503 : 200, { "retry-after": retryAfter() })(request, response);
    const type = `after ${name}`;
    await register(hub, { url: target.url, types: [type], retryScheduleMs: [100] });
    expect((await emit(hub, { type })).status).toBe("PROCESSED");
    expect(gaps(target.requests)[0]).toBeGreaterThanOrEqual(1_900);
  });

  test("is not tried earlier, nor more often, because of Retry-After", async () => {
    await using target = await receiver(status(429, { "retry-after": "0" }));
    const input = { url: target.url, types: ["hasty"], retries: 1, retryScheduleMs: [500] };
    await register(hub, input);
    expect((await emit(hub, { type: "hasty" })).status).toBe("FAILED");
    expect(target.requests).toHaveLength(2);
    expect(gaps(target.requests)[0]).toBeGreaterThanOrEqual(395);
  });

  test("waits for an hour at most, whatever Retry-After says", async () => {
    await using target = await receiver(status(503, { "retry-after": "999999999999" }));
    await register(hub, { url: target.url, types: ["later"], retryScheduleMs: [100] });
    const event = await emit(hub, { type: "later", waitMs: 0 });
    const { nextAttemptAt } = await waitFor(event.id, "RETRYING");
    const wait = Date.parse(nextAttemptAt ?? "") - Date.now();
    expect(wait).toBeGreaterThan(3_500_000);
    expect(wait).toBeLessThanOrEqual(3_600_000);
  });
});
