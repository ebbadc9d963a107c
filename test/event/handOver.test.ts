import { beforeAll, describe, expect, test } from "vitest";
import { claimLimits } from "../../src/domain/delivery/claimLimits.ts";
import { DELIVERIES_IN_PLACE } from "../../src/domain/hook/hookMatching.ts";
import { heldReceiver } from "../fixtures/heldReceiver.ts";
import { countByStatus, emit, emitMany, register, update } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  return () => hub[Symbol.asyncDispose]();
});
const soon = { timeout: 60_000 };
const TIMEOUT_MS = 30_000;

/** Registers a hook that this process knows, as it does from the first delivery on. */
async function knownHook(url: string, type: string, input: object = {}): Promise<string> {
  const { id } = await register(hub, { url, types: [type], timeoutMs: TIMEOUT_MS, ...input });
  expect((await emit(hub, { type })).status).toBe("PROCESSED");
  return id;
}

/** Which of a hook's waiting deliveries were claimed in the statement that accepted them: the claim's time is theirs. */
async function takenAtOnce(hookId: string): Promise<boolean[]> {
  const rows = await hub.db.sql<{ isTaken: boolean }[]>`
    select coalesce(attempt_count = 1
      and lease_until = created_at + ${TIMEOUT_MS * 2 + claimLimits.leaseMarginMs} * interval '1 millisecond', false) as "isTaken"
    from signalbox.queue where hook_id = ${hookId} order by created_at, id`;
  return rows.map(({ isTaken }) => isTaken);
}

describe("what a process accepts", () => {
  test("is claimed as it is accepted while its hook has slots, and waits from then on", async () => {
    await using target = await heldReceiver();
    const { id } = await register(hub, {
      ...{ url: target.url, types: ["slots"], timeoutMs: TIMEOUT_MS, maxInFlight: 2 },
    });
    await Promise.all([emit(hub, { type: "slots" }), target.release(200)]);
    for (let count = 0; count < 3; count++) await emit(hub, { type: "slots", waitMs: 0 });
    expect(await takenAtOnce(id)).toEqual([true, true, false]);
    await target.release(200);
    await expect.poll(() => target.requests.length, soon).toBe(4);
    await target.release(200);
    await expect.poll(() => countByStatus(hub, id), soon).toEqual({ SUCCEEDED: 4 });
  });

  test("is claimed as its deliveries are written, if it has more hooks than are matched in place", async () => {
    await using target = await heldReceiver();
    const hooks = Array.from({ length: DELIVERIES_IN_PLACE + 1 }, () =>
      register(hub, { url: target.url, types: ["wide"], timeoutMs: TIMEOUT_MS }),
    );
    const ids = (await Promise.all(hooks)).map(({ id }) => id);
    expect((await emit(hub, { type: "wide", waitMs: 0 })).status).toBe("STAGED");
    await expect.poll(() => target.requests.length, soon).toBe(ids.length);
    for (const id of ids) expect(await takenAtOnce(id)).toEqual([true]);
    await target.release(200);
    for (const id of ids)
      await expect.poll(() => countByStatus(hub, id), soon).toEqual({ SUCCEEDED: 1 });
  });

  test("is sent after what waits already", async () => {
    await using target = await receiver();
    const id = await knownHook(target.url, "order", { maxInFlight: 1 });
    const ids: string[] = [];
    target.answer = (_request, response) => void setTimeout(() => response.end(), 10);
    for (let count = 0; count < 40; count++)
      ids.push((await emit(hub, { type: "order", waitMs: 0 })).id);
    await expect.poll(() => countByStatus(hub, id), soon).toEqual({ SUCCEEDED: 41 });
    expect(target.requests.slice(1).map(({ headers }) => headers["webhook-id"])).toEqual(ids);
    expect(target.mostOpen).toBe(1);
  });

  test("is not sent faster than its hook's rate", async () => {
    await using target = await receiver();
    const id = await knownHook(target.url, "rate", { rateLimitPerSecond: 10 });
    await emitMany(
      hub,
      Array.from({ length: 25 }, () => ({ type: "rate" })),
    );
    await expect.poll(() => countByStatus(hub, id), soon).toEqual({ SUCCEEDED: 26 });
    const [row] = await hub.db.sql<{ seconds: number }[]>`
      select extract(epoch from max(started_at) - min(started_at))::float8 as seconds
      from signalbox.ended_deliveries where hook_id = ${id}`;
    // 25 intervals of 100 ms, less what the rate may run ahead.
    expect(row?.seconds).toBeGreaterThanOrEqual(2.3);
  });

  test("goes by what its hook is now", async () => {
    await using before = await receiver();
    await using after = await receiver();
    const id = await knownHook(before.url, "moved");
    expect(await update(hub, id, { url: after.url })).toEqual([]);
    await emit(hub, { type: "moved" });
    await emit(hub, { type: "moved" });
    expect([before.requests.length, after.requests.length]).toEqual([1, 2]);
  });
});

describe("the slots of what could not be accepted are free again", () => {
  const broken = { contextId: "broken", waitMs: 0 };

  test("when the database refuses it", async () => {
    await using target = await heldReceiver();
    const { id } = await register(hub, {
      ...{ url: target.url, types: ["refused"], timeoutMs: TIMEOUT_MS, maxInFlight: 1 },
    });
    await Promise.all([emit(hub, { type: "refused" }), target.release(200)]);
    const { sql } = hub.db;
    await sql`alter table signalbox.events add constraint broken check (context_id <> 'broken')`;
    for (let count = 0; count < 3; count++)
      await expect(emit(hub, { type: "refused", ...broken })).rejects.toThrow();
    await sql`alter table signalbox.events drop constraint broken`;
    await emit(hub, { type: "refused", waitMs: 0 });
    expect(await takenAtOnce(id)).toEqual([true]);
    await target.release(200);
    await expect.poll(() => countByStatus(hub, id), soon).toEqual({ SUCCEEDED: 2 });
    expect(target.requests).toHaveLength(2);
  });

  test("when its connection breaks", async () => {
    await using target = await receiver();
    const id = await knownHook(target.url, "lost", { maxInFlight: 1 });
    const { sql } = hub.db;
    let emitting: Promise<unknown> = Promise.resolve();
    await sql.begin(async (tx) => {
      const [holder] = await tx`select pg_backend_pid() as pid from signalbox.heads for update`;
      emitting = Promise.allSettled([emit(hub, { type: "lost", waitMs: 0 })]);
      const broken = async () =>
        (
          await sql`select pg_terminate_backend(pid) from pg_stat_activity
          where ${holder?.pid} = any(pg_blocking_pids(pid))`
        ).length;
      await expect.poll(broken, soon).toBe(1);
    });
    await emitting;
    const { id: next } = await emit(hub, { type: "lost" });
    await expect
      .poll(() => target.requests.map(({ headers }) => headers["webhook-id"]), soon)
      .toContain(next);
    await expect
      .poll(async () => Object.keys(await countByStatus(hub, id)), soon)
      .toEqual(["SUCCEEDED"]);
  });
});
