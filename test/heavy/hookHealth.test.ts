import { beforeAll, expect, test } from "vitest";
import { becameOf, healthOf, judgedBy, openHook, pass } from "../fixtures/health.ts";
import { countByStatus, deliveryOf, emit, emitMany, register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver, status } from "../fixtures/receiver.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  return () => hub[Symbol.asyncDispose]();
});
const patience = { timeout: 30_000, interval: 50 };

test("in an outage a hook is FAILING, then OPEN, is probed with one delivery at growing intervals, and HEALTHY again", async () => {
  await using target = await receiver(status(500));
  const { id, event } = await openHook(hub, target.url, "outage");
  expect(await becameOf(hub, id)).toEqual(["FAILING", "OPEN"]);
  const opened = target.requests.length;
  const { probeInMs } = await judgedBy(hub, id);
  expect(probeInMs).toBeLessThanOrEqual(5_000);
  expect((await healthOf(hub, id)).heldUntil).not.toBeNull();

  // What is accepted meanwhile waits, too.
  await emitMany(
    hub,
    Array.from({ length: 30 }, () => ({ type: "outage" })),
  );
  const before = await deliveryOf(hub, event);
  for (const [probes, seconds] of [10, 20, 40, 80, 160, 300, 300].entries()) {
    await pass(hub, id, "10 minutes");
    // A wake-up, as time would have brought it.
    await emit(hub, { type: "outage", waitMs: 0 });
    await expect
      .poll(async () => (await judgedBy(hub, id)).probes, patience)
      .toBe(Math.min(probes + 1, 6));
    await expect
      .poll(async () => (await judgedBy(hub, id)).probeInMs ?? 0, patience)
      .toBeGreaterThan((seconds - 5) * 1_000);
    expect((await judgedBy(hub, id)).probeInMs).toBeLessThanOrEqual(seconds * 1_000);
    expect(target.requests).toHaveLength(opened + probes + 1);
  }
  // Each probe was another delivery, and none used up a try.
  const probed = target.requests.slice(opened).map(({ headers }) => headers["webhook-id"]);
  expect(new Set(probed).size).toBe(7);
  const after = await deliveryOf(hub, event);
  expect(after.maxAttempts - after.attemptCount).toBe(before.maxAttempts - before.attemptCount);

  target.answer = status(200);
  await pass(hub, id, "10 minutes");
  await emit(hub, { type: "outage" });
  await expect.poll(() => countByStatus(hub, id), patience).toEqual({ SUCCEEDED: 39 });
  expect(await becameOf(hub, id)).toEqual(["FAILING", "OPEN", "HEALTHY"]);
  expect(await healthOf(hub, id)).toMatchObject({ health: "HEALTHY", heldUntil: null });
  expect(await judgedBy(hub, id)).toMatchObject({ failures: 0, probes: 0, probeInMs: null });
});

/** Answers in turn, by the number of the request, and sends one event after the other. */
async function sequence(
  type: string,
  answers: number[],
  { passing = "0 s", ...input }: { passing?: string } & object,
): Promise<{ id: string; became: string[]; status: string }> {
  let next = 0;
  await using target = await receiver((request, response) =>
    status(answers[next++] ?? 200)(request, response),
  );
  const { id } = await register(hub, { url: target.url, types: [type], retries: 0, ...input });
  for (const _ of answers) {
    // A probe that fails is not the end of its delivery.
    await emit(hub, { type, waitMs: 0 });
    const sent = target.requests.length + 1;
    await pass(hub, id, passing);
    await expect.poll(() => target.requests.length, patience).toBeGreaterThanOrEqual(sent);
    await expect
      .poll(async () => hub.db.sql`select from signalbox.queue where lease_token is not null`)
      .toEqual([]);
  }
  return { id, became: await becameOf(hub, id), status: (await healthOf(hub, id)).status };
}

const never = { disableAfter: { failures: 6, hours: 0.5 } };

test("while it flaps a hook is FAILING and HEALTHY in turn, and is neither opened nor disabled", async () => {
  const down = [500, 500, 500, 500, 500];
  const answers = [...down, 200, ...down, 200, 200, ...down, 200];
  const { became, status } = await sequence("flapping", answers, { passing: "1 hour", ...never });
  expect(became).toEqual(["FAILING", "HEALTHY", "FAILING", "HEALTHY", "FAILING", "HEALTHY"]);
  expect(status).toBe("ACTIVE");
});

test("by a slow drip of failures a hook is FAILING at the fifth and OPEN at the tenth, hours apart", async () => {
  const answers = Array.from({ length: 10 }, () => 503);
  const { id, became } = await sequence("drip", answers.slice(0, 9), { passing: "1 hour" });
  expect(became).toEqual(["FAILING"]);
  const drip = await sequence("drip.10", answers, { passing: "1 hour" });
  expect(drip.became).toEqual(["FAILING", "OPEN"]);
  expect((await healthOf(hub, id)).health).toBe("FAILING");
});

test("by sporadic failures nothing changes, however many there are", async () => {
  const answers = Array.from({ length: 30 }, (_, index) => (index % 5 === 4 ? 200 : 500));
  const { became, status } = await sequence("sporadic", answers, { passing: "1 day", ...never });
  expect(became).toEqual([]);
  expect(status).toBe("ACTIVE");
});
