import { beforeAll, expect, test } from "vitest";
import { type HeldReceiver, heldReceiver } from "../fixtures/heldReceiver.ts";
import { change, countByStatus, emit, emitMany, register, update } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver, status } from "../fixtures/receiver.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  return () => hub[Symbol.asyncDispose]();
});
const patience = { timeout: 60_000, interval: 100 };

/** Holds what it receives until so many calls are open at once, and then answers each after so many milliseconds. */
async function openThenAnswer(target: HeldReceiver, open: number, ms: number): Promise<void> {
  await expect.poll(() => target.mostOpen, patience).toBe(open);
  target.answer = after(ms);
  await target.release(200);
}

/** Answers after so many milliseconds. */
const after =
  (ms: number): Receiver["answer"] =>
  (request, response) =>
    void setTimeout(() => status(200)(request, response), ms);

const allOf = (type: string, count: number) =>
  emitMany(
    hub,
    Array.from({ length: count }, () => ({ type })),
  );

/** The rate, and what its tolerance of 100 ms lets run ahead. */
const AT_MOST_IN_A_SECOND = 20 + 3;

/** The most attempts on a hook that were claimed within one second, by the database's clock, which the rate goes by. */
async function mostInASecond(hookId: string): Promise<number> {
  const [row] = await hub.db.sql<{ most: number }[]>`
    with attempt as (
      select a.started_at as at from signalbox.attempts a
      join signalbox.deliveries d on d.project_id = a.project_id and d.id = a.delivery_id
      where d.hook_id = ${hookId}
    )
    select max(n)::int as most from (
      select count(*) over (order by at range between current row and interval '999 milliseconds' following) as n
      from attempt) counted`;
  return row?.most ?? 0;
}

test.each([1, 3])(
  "a hook with maxInFlight %i has never more calls open, and uses them all",
  async (maxInFlight) => {
    await using target = await heldReceiver();
    const type = `limit.${maxInFlight}`;
    const { id } = await register(hub, {
      ...{ url: target.url, types: [type], maxInFlight, timeoutMs: 60_000 },
    });
    await allOf(type, 40);
    await openThenAnswer(target, maxInFlight, 20);
    await expect.poll(() => countByStatus(hub, id), patience).toEqual({ SUCCEEDED: 40 });
    expect(target.requests).toHaveLength(40);
    expect(target.mostOpen).toBe(maxInFlight);
  },
);

test("a hook's limit counts for all processes of the hub together", async () => {
  await using other = await testHub(hub.settings);
  await using target = await heldReceiver();
  const { id } = await register(other, {
    ...{ url: target.url, types: ["both"], maxInFlight: 3, timeoutMs: 60_000 },
  });
  await Promise.all(
    Array.from({ length: 30 }, (_, n) =>
      emitMany(n % 2 ? hub : other, [{ type: "both" }, { type: "both" }]),
    ),
  );
  await openThenAnswer(target, 3, 30);
  await expect.poll(() => countByStatus(hub, id), patience).toEqual({ SUCCEEDED: 60 });
  expect(target.requests).toHaveLength(60);
  expect(target.mostOpen).toBe(3);
});

test("a hook with one slot is sent for by one worker, and by another when that one has gone", async () => {
  await using target = await heldReceiver();
  const hooks: string[] = [];
  for (let n = 0; n < 12; n++)
    hooks.push(
      (
        await register(hub, {
          ...{ url: target.url, types: ["one"], maxInFlight: 1, timeoutMs: 60_000 },
        })
      ).id,
    );
  const { sql } = hub.db;
  const count = async (condition: ReturnType<typeof sql>) =>
    (
      await sql<{ n: number }[]>`select count(*)::int as n from signalbox.queue where ${condition}`
    )[0]?.n;
  /** Sends one event to each of the hooks; gives back how many workers did so. */
  async function workersSending(): Promise<number> {
    const before = target.requests.length;
    await emit(hub, { type: "one", waitMs: 0 });
    await expect.poll(() => target.requests.length, patience).toBe(before + hooks.length);
    expect(await count(sql`lease_token is not null`)).toBe(hooks.length);
    const workers = await sql`select distinct lease_worker from signalbox.queue`;
    await target.release(200);
    await expect.poll(() => count(sql`true`), patience).toBe(0);
    return workers.length;
  }
  await using stack = new AsyncDisposableStack();
  stack.use(await testHub(hub.settings));
  await expect.poll(workersSending, patience).toBe(2);
  await stack.disposeAsync();
  expect(await workersSending()).toBe(1);
  await Promise.all(hooks.map((id) => change(hub, "deleteHook", id)));
});

test("a limit that is changed counts from the next attempt on", async () => {
  await using target = await heldReceiver();
  const { id } = await register(hub, {
    ...{ url: target.url, types: ["moving"], maxInFlight: 1, timeoutMs: 60_000 },
  });
  await allOf("moving", 60);
  await expect.poll(() => target.requests.length, patience).toBe(1);
  expect(await update(hub, id, { maxInFlight: 8 })).toEqual([]);
  await target.release(200);
  await openThenAnswer(target, 8, 20);
  await expect.poll(() => countByStatus(hub, id), patience).toEqual({ SUCCEEDED: 60 });
  expect(target.mostOpen).toBe(8);
});

test("a hook with a rate gets no more than that in any second, and uses it", async () => {
  await using target = await receiver();
  const { id } = await register(hub, { url: target.url, types: ["rated"], rateLimitPerSecond: 20 });
  const startedAt = Date.now();
  await allOf("rated", 80);
  await expect.poll(() => countByStatus(hub, id), patience).toEqual({ SUCCEEDED: 80 });
  const seconds = ((target.requests.at(-1)?.at ?? 0) - startedAt) / 1_000;
  expect(seconds).toBeGreaterThan(3.6);
  const most = await mostInASecond(id);
  expect(most).toBeLessThanOrEqual(AT_MOST_IN_A_SECOND);
  // In its best second it had what it may have, or half of it on a machine that is busy with others.
  expect(most).toBeGreaterThanOrEqual(10);
});

test("a rate counts for all processes of the hub together, and for retries, too", async () => {
  await using other = await testHub(hub.settings);
  await using target = await receiver();
  let answered = 0;
  target.answer = (request, response) => status(answered++ < 10 ? 500 : 200)(request, response);
  const input = {
    url: target.url,
    types: ["shared"],
    rateLimitPerSecond: 20,
    retryScheduleMs: [100],
  };
  const { id } = await register(hub, input);
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      emitMany(n % 2 ? hub : other, [{ type: "shared" }, { type: "shared" }]),
    ),
  );
  await expect.poll(() => countByStatus(hub, id), patience).toEqual({ SUCCEEDED: 40 });
  expect(target.requests).toHaveLength(50);
  expect(await mostInASecond(id)).toBeLessThanOrEqual(AT_MOST_IN_A_SECOND);
});
