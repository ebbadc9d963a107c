import { beforeAll, describe, expect, test } from "vitest";
import {
  type Delivery,
  deliveries,
  deliveryOf,
  emit,
  hookOf,
  register,
} from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver, status, statuses } from "../fixtures/receiver.ts";
import { following, overSocket } from "../fixtures/subscription.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  return () => hub[Symbol.asyncDispose]();
});
const patience = { timeout: 60_000 };

const waitFor = async (eventId: string, status: string): Promise<Delivery> => {
  await expect.poll(async () => (await deliveryOf(hub, eventId)).status, patience).toBe(status);
  return deliveryOf(hub, eventId);
};

describe("retryDelivery", () => {
  const statusOf = async (id: string) =>
    (
      await hub.run<{ event: { status: string } }>(
        "query ($id: ID!) { event(id: $id) { status } }",
        { id },
      )
    ).event.status;
  const retry = async (id: string) => {
    const { retryDelivery } = await hub.run<{
      retryDelivery: {
        delivery: {
          id: string;
          status: string;
          replayOf: { id: string } | null;
          attemptCount: number;
          maxAttempts: number;
          nextAttemptAt: string | null;
          completedAt: string | null;
        } | null;
        userErrors: { code: string; message: string; path: string[] }[];
      };
    }>(
      `mutation ($id: ID!) { retryDelivery(id: $id) {
        delivery { id status replayOf { id } attemptCount maxAttempts nextAttemptAt completedAt } userErrors { code message path } } }`,
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

  test("opens a FAILED one again, under the same webhook-id and with the same bytes: attempts go on counting", async () => {
    await using target = await receiver(statuses(500, 500, 500, 200));
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
    expect((await retry(id)).delivery).toEqual({
      ...{ id, status: "RETRYING", attemptCount: 2, maxAttempts: 4 },
      ...{ replayOf: null, completedAt: null, nextAttemptAt: expect.any(String) },
    });
    await waitFor(event.id, "SUCCEEDED");
    const [delivery, ...more] = await deliveries(hub, { eventId: event.id });
    expect(more).toEqual([]);
    expect(delivery).toMatchObject({ id, attemptCount: 4, maxAttempts: 4, lastError: null });
    expect(delivery?.attempts.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    const distinct = (of: (request: (typeof target.requests)[number]) => unknown) =>
      new Set(target.requests.map(of)).size;
    expect(distinct(({ body }) => body)).toBe(1);
    expect(distinct(({ headers }) => headers["webhook-id"])).toBe(1);
    expect(distinct(({ headers }) => headers["signalbox-delivery-id"])).toBe(1);
    expect(target.requests.map(({ headers }) => headers["signalbox-attempt"])).toEqual([
      ...["1", "2", "3", "4"],
    ]);
    // It is no new event to the hook, and it has not failed any more.
    expect(await hookOf(hub, hookId)).toMatchObject({
      triggeredCount: 1,
      succeededCount: 1,
      failedCount: 0,
    });
    expect(await statusOf(event.id)).toBe("PROCESSED");
  });

  test("fails again when no further try succeeds, and is opened as often as it is asked for", async () => {
    await using target = await receiver(status(500));
    const input = { url: target.url, types: ["stubborn"], retries: 2, retryScheduleMs: [100] };
    const { id: hookId } = await register(hub, input);
    const event = await emit(hub, { type: "stubborn" });
    const { id } = await deliveryOf(hub, event.id);
    for (const attempts of [6, 9]) {
      expect((await retry(id)).delivery).toMatchObject({ id, maxAttempts: attempts });
      expect(await waitFor(event.id, "FAILED")).toMatchObject({ attemptCount: attempts });
      await expect.poll(() => statusOf(event.id), patience).toBe("FAILED");
    }
    expect(await hookOf(hub, hookId)).toMatchObject({ succeededCount: 0, failedCount: 1 });
  });

  test("begins the hook's schedule anew", async () => {
    await using target = await receiver(status(500));
    const schedule = { retries: 1, retryScheduleMs: [200, 3_600_000] };
    await register(hub, { url: target.url, types: ["anew"], ...schedule });
    const event = await emit(hub, { type: "anew" });
    const { id } = await deliveryOf(hub, event.id);
    await retry(id);
    expect(await waitFor(event.id, "FAILED")).toMatchObject({ attemptCount: 4 });
  });

  test("opens one delivery once for two calls at once", async () => {
    const held = Promise.withResolvers<void>();
    await using target = await receiver(status(500));
    await register(hub, { url: target.url, types: ["twice"], retries: 0 });
    const event = await emit(hub, { type: "twice" });
    const { id } = await deliveryOf(hub, event.id);
    target.answer = async (request, response) => {
      await held.promise;
      status(200)(request, response);
    };
    await Promise.all(Array.from({ length: 5 }, () => retry(id)));
    held.resolve();
    expect(await waitFor(event.id, "SUCCEEDED")).toMatchObject({ attemptCount: 2, maxAttempts: 2 });
    expect(target.requests).toHaveLength(2);
  });

  test("tells who follows the delivery and the event of every step", async () => {
    await using target = await receiver(statuses(500, 200));
    const { id: hookId } = await register(hub, { url: target.url, types: ["told"], retries: 0 });
    const event = await emit(hub, { type: "told" });
    const { id } = await deliveryOf(hub, event.id);
    await using moves = overSocket<{ delivery: object }>(
      hub,
      "subscription ($id: ID!) { deliveryUpdated(hookId: $id) { delivery { id status attemptCount } } }",
      { id: hookId },
    );
    await using events = overSocket<{ event: { status: string } }>(
      hub,
      "subscription ($id: ID!) { eventUpdated(id: $id) { event { status } } }",
      { id: event.id },
    );
    await following(hub.url, 2);
    await retry(id);
    await expect.poll(() => moves.items.length, patience).toBe(2);
    expect(moves.items.map(({ delivery }) => delivery)).toEqual([
      { id, status: "RETRYING", attemptCount: 1 },
      { id, status: "SUCCEEDED", attemptCount: 2 },
    ]);
    await expect.poll(() => events.items.length, patience).toBe(2);
    expect(events.items.map((item) => item.event.status)).toEqual(["DISPATCHED", "PROCESSED"]);
  });

  test("opens what processes have died of, which is then tried alone and given up at the next death", async () => {
    await using target = await receiver(status(500));
    await register(hub, { url: target.url, types: ["deadly"], retries: 0 });
    const event = await emit(hub, { type: "deadly" });
    const { id } = await deliveryOf(hub, event.id);
    const { sql } = hub.db;
    await sql`update signalbox.ended_deliveries set status = 'QUARANTINED', unknown_count = 3 where id = ${id}`;
    await sql`update signalbox.hook_stats set failed_count = failed_count - 1 where failed_count > 0
      and hook_id = (select hook_id from signalbox.deliveries where id = ${id})`;
    const held = Promise.withResolvers<void>();
    target.answer = async (request, response) => {
      await held.promise;
      status(200)(request, response);
    };
    expect((await retry(id)).delivery).toMatchObject({ id, status: "RETRYING", maxAttempts: 2 });
    const [row] =
      await sql`select unknown_count as deaths from signalbox.deliveries where id = ${id}`;
    expect(row).toEqual({ deaths: 2 });
    held.resolve();
    await waitFor(event.id, "SUCCEEDED");
  });

  test("makes a new delivery of one that SUCCEEDED, which points back at it", async () => {
    await using target = await receiver();
    const { id: hookId } = await register(hub, { url: target.url, types: ["resent"], retries: 1 });
    const event = await emit(hub, { type: "resent" });
    const before = await deliveryOf(hub, event.id);
    const { delivery } = await retry(before.id);
    expect(delivery).toMatchObject({ replayOf: { id: before.id }, maxAttempts: 2 });
    await expect
      .poll(
        async () => (await deliveries(hub, { eventId: event.id })).map(({ status }) => status),
        patience,
      )
      .toEqual(["SUCCEEDED", "SUCCEEDED"]);
    expect((await deliveries(hub, { eventId: event.id })).at(-1)).toEqual(before);
    expect(target.requests.map(({ headers }) => headers["webhook-id"])).toEqual([
      ...[event.id, event.id],
    ]);
    expect(target.requests.at(-1)?.headers).toMatchObject({
      "signalbox-delivery-id": delivery?.id,
      "signalbox-attempt": "1",
    });
    expect(await hookOf(hub, hookId)).toMatchObject({ triggeredCount: 1, succeededCount: 2 });
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
    expect(await statusOf(event.id)).toBe("DISPATCHED");
    await expect.poll(() => target.requests.length, patience).toBe(2);
    expect((await retry(id)).userErrors).toEqual(refusal);
    expect((await retry(delivery?.id ?? "")).userErrors).toEqual(refusal);
    held.resolve();
    await expect.poll(() => statusOf(event.id), patience).toBe("PROCESSED");
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
    // Sent again, it waits with the others for the resume.
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
