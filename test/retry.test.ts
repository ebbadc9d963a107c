import { beforeAll, describe, expect, test } from "vitest";
import { type Delivery, deliveries, deliveryOf, emit, hookOf, register } from "./fixtures/hooks.ts";
import { type TestHub, testHub } from "./fixtures/hub.ts";
import { receiver, status, statuses } from "./fixtures/receiver.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  return () => hub[Symbol.asyncDispose]();
});
const patience = { timeout: 20_000 };

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
    expect(wait).toBeLessThan(7_500);
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
      expect(waits[index]).toBeLessThan(base * 1.2 + 1_500);
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

describe("retryDelivery", () => {
  const retry = async (id: string) => {
    const { retryDelivery } = await hub.run<{
      retryDelivery: {
        delivery: {
          id: string;
          status: string;
          replayOf: { id: string } | null;
          maxAttempts: number;
        } | null;
        userErrors: { code: string; message: string; path: string[] }[];
      };
    }>(
      `mutation ($id: ID!) { retryDelivery(id: $id) {
        delivery { id status replayOf { id } maxAttempts } userErrors { code message path } } }`,
      { id },
    );
    return retryDelivery;
  };
  const refusal = [{ code: "NOT_ALLOWED_NOW", message: expect.any(String), path: ["id"] }];

  test("makes a waiting delivery due at once", async () => {
    await using target = await receiver(statuses(500, 200));
    await register(hub, { url: target.url, types: ["due"], retryScheduleMs: [60_000] });
    const event = await emit(hub, { type: "due", waitMs: 0 });
    const { id } = await waitFor(event.id, "RETRYING");
    expect((await retry(id)).delivery).toMatchObject({ id, status: "RETRYING", replayOf: null });
    expect(await waitFor(event.id, "SUCCEEDED")).toMatchObject({ attemptCount: 2 });
  });

  test("makes a new delivery of one that has ended, under the same webhook-id and with the same bytes", async () => {
    await using target = await receiver(statuses(500, 500, 200));
    const types = ["again"];
    const { id: hookId } = await register(hub, {
      url: target.url,
      types,
      retries: 1,
      retryScheduleMs: [100],
    });
    const event = await emit(hub, { type: "again" });
    expect(event.status).toBe("FAILED");
    const { id } = await deliveryOf(hub, event.id);
    const { delivery } = await retry(id);
    expect(delivery).toMatchObject({ replayOf: { id }, maxAttempts: 2 });
    expect(delivery?.id).not.toBe(id);
    await expect
      .poll(
        async () => (await deliveries(hub, { eventId: event.id })).map(({ status }) => status),
        patience,
      )
      .toEqual(["SUCCEEDED", "FAILED"]);
    const distinct = (of: (request: (typeof target.requests)[number]) => unknown) =>
      new Set(target.requests.map(of)).size;
    expect(distinct(({ body }) => body)).toBe(1);
    expect(distinct(({ headers }) => headers["webhook-id"])).toBe(1);
    expect(target.requests.at(-1)?.headers).toMatchObject({
      "signalbox-delivery-id": delivery?.id,
      "signalbox-attempt": "1",
    });
    // A try by hand is no new event to the hook.
    expect(await hookOf(hub, hookId)).toMatchObject({
      triggeredCount: 1,
      succeededCount: 1,
      failedCount: 1,
    });
    expect((await retry(id)).delivery).toMatchObject({ replayOf: { id } });
  });

  test("opens the event again until the new delivery has ended", async () => {
    const held = Promise.withResolvers<void>();
    await using target = await receiver();
    await register(hub, { url: target.url, types: ["reopen"] });
    const event = await emit(hub, { type: "reopen" });
    target.answer = async (request, response) => {
      await held.promise;
      status(200)(request, response);
    };
    const { id } = await deliveryOf(hub, event.id);
    const { delivery } = await retry(id);
    const statusOf = async () =>
      (
        await hub.run<{ event: { status: string } }>(
          "query ($id: ID!) { event(id: $id) { status } }",
          { id: event.id },
        )
      ).event.status;
    expect(await statusOf()).toBe("DISPATCHED");
    await expect.poll(() => target.requests.length, patience).toBe(2);
    expect((await retry(id)).userErrors).toEqual(refusal);
    expect((await retry(delivery?.id ?? "")).userErrors).toEqual(refusal);
    held.resolve();
    await expect.poll(statusOf, patience).toBe("PROCESSED");
  });

  test("refuses what is in flight, parked, of a deleted hook, or unknown", async () => {
    const held = Promise.withResolvers<void>();
    await using target = await receiver(async (request, response) => {
      await held.promise;
      status(200)(request, response);
    });
    const { id: hookId } = await register(hub, { url: target.url, types: ["refused"] });
    const flying = await emit(hub, { type: "refused", waitMs: 0 });
    await expect.poll(() => target.requests.length, patience).toBe(1);
    const { id } = await deliveryOf(hub, flying.id);
    expect((await retry(id)).userErrors).toEqual(refusal);
    const run = (name: string) =>
      hub.run(`mutation ($id: ID!) { ${name}(id: $id) { hook { id } } }`, { id: hookId });
    await run("pauseHook");
    held.resolve();
    await waitFor(flying.id, "SUCCEEDED");
    const parked = await emit(hub, { type: "refused", waitMs: 0 });
    expect((await retry((await deliveryOf(hub, parked.id)).id)).userErrors).toEqual(refusal);
    // One that has ended gets a new delivery, which waits with the others for the resume.
    expect((await retry(id)).delivery).toMatchObject({ status: "PARKED", replayOf: { id } });
    await run("deleteHook");
    expect((await retry(id)).userErrors).toEqual(refusal);
    for (const unknown of ["nonsense", event.id]) {
      expect((await retry(unknown)).userErrors).toMatchObject([
        { code: "NOT_FOUND", path: ["id"] },
      ]);
    }
  });

  const event = { id: "0199c0de-0000-7000-8000-000000000001" };
});
