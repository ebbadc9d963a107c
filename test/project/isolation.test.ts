import { beforeAll, expect, test } from "vitest";
import { newId } from "../../src/util/ids.ts";
import { change, countByStatus, emit, emitMany, hookOf, register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver, status } from "../fixtures/receiver.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  return () => hub[Symbol.asyncDispose]();
});
const patience = { timeout: 60_000, interval: 100 };
const times = (count: number, input: object) => Array.from({ length: count }, () => input);

test("hooks whose receivers hang, with 2,000 deliveries due, hold up no healthy one", async () => {
  // It never answers: each call takes its full time, and there is always another one due.
  await using hanging = await receiver(() => {});
  await using healthy = await receiver();
  const sick = await Promise.all(
    times(4, { url: hanging.url, types: ["sick"], maxInFlight: 256, timeoutMs: 60_000 }).map(
      (input) => register(hub, input),
    ),
  );
  const well = await Promise.all(
    Array.from({ length: 10 }, (_, n) =>
      register(hub, { url: `${healthy.url}/${n}`, types: ["well"] }),
    ),
  );
  await emitMany(hub, times(500, { type: "sick" }));
  await expect.poll(() => hanging.mostOpen, patience).toBeGreaterThan(100);
  await emitMany(hub, times(20, { type: "well" }));
  await expect.poll(() => healthy.requests.length, patience).toBe(200);
  for (const { id } of well) {
    await expect.poll(() => countByStatus(hub, id), patience).toEqual({ SUCCEEDED: 20 });
  }
  // None of the hanging ones has come to its end meanwhile.
  const states = await Promise.all(sick.map(({ id }) => countByStatus(hub, id)));
  expect(states).toEqual(times(4, { PENDING: 500 }));
  for (const { id } of sick) await change(hub, "deleteHook", id);
});

test("a hook that always fails is tried beside others, not before them", async () => {
  await using failing = await receiver(status(500));
  await using healthy = await receiver();
  const types = ["mixed"];
  const sick = await register(hub, {
    url: failing.url,
    types,
    retries: 20,
    retryScheduleMs: [100],
  });
  const well = await register(hub, { url: healthy.url, types });
  await emitMany(hub, times(300, { type: "mixed" }));
  await expect.poll(() => countByStatus(hub, well.id), patience).toEqual({ SUCCEEDED: 300 });
  expect(healthy.requests).toHaveLength(300);
  expect(await hookOf(hub, sick.id)).toMatchObject({ status: "ACTIVE", succeededCount: 0 });
  await change(hub, "deleteHook", sick.id);
});

test("an event with 1,500 hooks reaches each of them exactly once", async () => {
  await using target = await receiver();
  // Enough time for a machine that is busy with others: what is tried again is received twice.
  const input = { url: `${target.url}/template`, types: ["many"], timeoutMs: 60_000 };
  const { id: template } = await register(hub, input);
  const ids = Array.from({ length: 1_499 }, () => newId());
  // By hand, for 1,500 registrations take their time; a last one over the API makes them count.
  const { sql } = hub.db;
  await sql`
    insert into signalbox.hooks (project_id, id, types, url, format, retries, timeout_ms, unsubscribe_on,
      max_in_flight, status, secrets)
    select project_id, x.id, types, ${`${target.url}/`} || x.id, format, retries, timeout_ms, unsubscribe_on, max_in_flight,
      status, '[]' from signalbox.hooks h, unnest(${ids}::uuid[]) as x(id) where h.id = ${template}`;
  await sql`insert into signalbox.hook_stats (project_id, hook_id)
    select project_id, id from signalbox.hooks where id = any(${ids}::uuid[])`;
  await change(hub, "pauseHook", template);
  await change(hub, "resumeHook", template);
  const event = await emit(hub, { type: "many", waitMs: 0 });
  expect(event.status).toBe("STAGED");
  const statusOf = async () =>
    (
      await hub.run<{ event: { status: string } }>(
        "query ($id: ID!) { event(id: $id) { status } }",
        { id: event.id },
      )
    ).event.status;
  await expect.poll(statusOf, patience).toBe("PROCESSED");
  expect(target.requests).toHaveLength(1_500);
  expect(new Set(target.requests.map(({ path }) => path)).size).toBe(1_500);
  expect(new Set(target.requests.map(({ headers }) => headers["webhook-id"]))).toEqual(
    new Set([event.id]),
  );
});

test("a hook with thousands of waiting deliveries is resumed and deleted at once, and none is left over", async () => {
  await using target = await receiver();
  const input = { url: target.url, types: ["heap"], maxInFlight: 64 };
  const [resumed, deleted] = [await register(hub, input), await register(hub, input)];
  for (const { id } of [resumed, deleted]) await change(hub, "pauseHook", id);
  for (let i = 0; i < 3; i++) await emitMany(hub, times(800, { type: "heap" }));
  expect(await countByStatus(hub, resumed.id)).toEqual({ PARKED: 2_400 });
  await change(hub, "resumeHook", resumed.id);
  await change(hub, "deleteHook", deleted.id);
  await expect.poll(() => countByStatus(hub, deleted.id), patience).toEqual({ CANCELLED: 2_400 });
  await expect.poll(() => countByStatus(hub, resumed.id), patience).toEqual({ SUCCEEDED: 2_400 });
  expect(target.requests).toHaveLength(2_400);
  expect(new Set(target.requests.map(({ headers }) => headers["webhook-id"])).size).toBe(2_400);
});

test("retries come when they are due, though nobody looks for what is overdue", async () => {
  await using target = await receiver();
  const failed = new Set<unknown>();
  target.answer = (request, response) => {
    const id = request.headers["webhook-id"];
    status(failed.has(id) ? 200 : 503)(request, response);
    failed.add(id);
  };
  const input = { url: target.url, types: ["soon"], retryScheduleMs: [1_000] };
  const { id } = await register(hub, input);
  await hub.db.sql.begin(async (tx) => {
    await tx`select from signalbox.locks where name = 'reconciler' for update`;
    await emitMany(hub, times(100, { type: "soon" }));
    await expect.poll(() => countByStatus(hub, id), patience).toEqual({ SUCCEEDED: 100 });
  });
  expect(target.requests).toHaveLength(200);
});
