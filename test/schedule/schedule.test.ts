import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { registerHook } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { type Receiver, receiver } from "../fixtures/receiver.ts";
import {
  changeSchedule,
  schedule,
  scheduled,
  shownSchedule,
  updateSchedule,
} from "../fixtures/schedules.ts";
import { tenantOf } from "../fixtures/tenant.ts";

let hub: TestHub;
let target: Receiver;
beforeAll(async () => {
  hub = await testHub();
  target = await receiver();
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

const soon = { timeout: 60_000 };
let n = 0;
const unique = () => `schedule ${++n}`;
/** It does not run by itself within this test. */
const yearly = (event: object) => ({ name: unique(), cron: "@yearly", event });

/** Makes its next run due, as if it had been this time ago. */
const makeDue = (id: string, ago = "0 s") =>
  hub.db.sql`update signalbox.event_schedules
    set next_run_at = date_trunc('second', now()) - ${ago}::text::interval where id = ${id}`;

type Run = { id: string; scheduledFor: Date; origin: string; key: string };
const eventsOf = (type: string) => hub.db.sql<Run[]>`
  select id, scheduled_for as "scheduledFor", origin, idempotency_key as key
  from signalbox.events where type = ${type} order by id`;

describe("a schedule", () => {
  test("is ACTIVE at once, with its next run in its time zone", async () => {
    const event = { type: "report", data: { n: 1, list: [] } };
    const saved = await scheduled(hub, {
      ...{ name: "Morning report", cron: "30 9 1 1 *", timeZone: "Asia/Kolkata", event },
    });
    expect(saved).toMatchObject({
      ...{ name: "Morning report", cron: "30 9 1 1 *", timeZone: "Asia/Kolkata", event },
      ...{ status: "ACTIVE", lastRunAt: null, lastEvent: null, lastError: null, missedRuns: 0 },
    });
    expect(saved.nextRunAt).toMatch(/^\d{4}-01-01T04:00:00.000Z$/);
    expect(Date.parse(saved.nextRunAt ?? "")).toBeGreaterThan(Date.now());
    expect(await shownSchedule(hub, saved.id)).toEqual(saved);
    const { node } = await hub.run<{ node: object }>(
      "query ($id: ID!) { node(id: $id) { id __typename } }",
      { id: saved.id },
    );
    expect(node).toEqual({ id: saved.id, __typename: "EventSchedule" });
  });

  test("is of UTC when no time zone is given", async () => {
    const { nextRunAt, timeZone } = await scheduled(hub, yearly({ type: "a" }));
    expect([timeZone, nextRunAt?.slice(4)]).toEqual(["UTC", "-01-01T00:00:00.000Z"]);
  });

  test("emits its event when it is due, which hooks receive, and waits for the next time", async () => {
    await registerHook(hub, { url: target.url, types: ["due"] });
    const saved = await scheduled(hub, yearly({ type: "due", data: { a: 1 } }));
    const [moved] = await hub.db.sql<{ at: Date }[]>`
      update signalbox.event_schedules set next_run_at = date_trunc('second', now())
      where id = ${saved.id} returning next_run_at as at`;
    await expect.poll(() => target.requests.length, soon).toBe(1);
    const at = moved?.at as Date;
    expect(await eventsOf("due")).toMatchObject([
      { scheduledFor: at, origin: "SCHEDULE", key: `schedule:${saved.id}:${at.toISOString()}` },
    ]);
    const { data } = JSON.parse(target.requests[0]?.body ?? "");
    expect(data).toEqual({ a: 1 });
    expect(await shownSchedule(hub, saved.id)).toMatchObject({
      nextRunAt: saved.nextRunAt,
      lastEvent: { origin: "SCHEDULE", scheduledFor: at.toISOString(), data: { a: 1 } },
      lastError: null,
      missedRuns: 0,
    });
  });

  test("keeps every digit, and the order of keys, of what it emits", async () => {
    const { scheduleEvents } = await hub.run<{ scheduleEvents: { eventSchedule: { id: string } } }>(
      `mutation { scheduleEvents(input: { name: "digits", cron: "@yearly",
        event: { type: "digits", data: {b: 9007199254740993, a: 1.10} } }) { eventSchedule { id } } }`,
    );
    await changeSchedule(hub, "run", scheduleEvents.eventSchedule.id);
    const [row] = await hub.db.sql<{ data: string }[]>`
      select data::text as data from signalbox.events where type = 'digits'`;
    expect(row?.data).toBe('{"b":9007199254740993,"a":1.10}');
  });

  test("has its actions with each event", async () => {
    const actions = [{ url: target.url, key: "go", buttonText: "Go", meta: { a: 1 } }];
    const { id } = await scheduled(hub, yearly({ type: "pressable", actions }));
    await makeDue(id);
    await expect.poll(async () => (await eventsOf("pressable")).length, soon).toBe(1);
    const rows = await hub.db
      .sql`select a.button_text as text, a.meta::text from signalbox.actions a
      join signalbox.events e on e.id = a.event_id where e.type = 'pressable'`;
    expect(rows).toMatchObject([{ text: "Go", meta: '{"a":1}' }]);
  });
});

test("of the runs that nothing ran for, one event tells: the last one; the others are counted as missed", async () => {
  const { id } = await scheduled(hub, {
    ...{ name: unique(), cron: "0 * * * *", event: { type: "missed" } },
  });
  await changeSchedule(hub, "pause", id);
  const [moved] = await hub.db.sql<{ missed: Date }[]>`
    update signalbox.event_schedules set next_run_at = date_trunc('hour', now()) - interval '5 h'
    where id = ${id} returning next_run_at as missed`;
  await expect.poll(async () => (await eventsOf("missed")).length, soon).toBe(1);
  const hour = new Date((moved?.missed.getTime() ?? 0) + 5 * 3_600_000);
  expect(await eventsOf("missed")).toMatchObject([{ scheduledFor: hour }]);
  expect(await shownSchedule(hub, id)).toMatchObject({
    missedRuns: 5,
    nextRunAt: new Date(hour.getTime() + 3_600_000).toISOString(),
  });
});

test("another project neither sees, changes nor runs it", async () => {
  const other = await tenantOf(hub);
  const { id } = await scheduled(hub, yearly({ type: "private" }));
  expect(await shownSchedule(other, id)).toBeNull();
  for (const change of ["pause", "resume", "run", "delete"] as const)
    expect((await changeSchedule(other, change, id)).userErrors).toMatchObject([
      { code: "NOT_FOUND" },
    ]);
  expect(await shownSchedule(hub, id)).toMatchObject({ status: "ACTIVE", lastRunAt: null });
});

test("two processes emit one event for each run", async () => {
  await using _other = await testHub(hub.settings);
  const saved = await Promise.all(
    Array.from({ length: 20 }, () => scheduled(hub, yearly({ type: "shared" }))),
  );
  const ids = saved.map(({ id }) => id);
  for (const round of [1, 2, 3]) {
    await hub.db.sql`update signalbox.event_schedules
      set next_run_at = date_trunc('second', now()) - ${round} * interval '1 day' where id = any(${ids}::uuid[])`;
    await expect.poll(async () => (await eventsOf("shared")).length, soon).toBe(20 * round);
  }
  const keys = new Set((await eventsOf("shared")).map(({ key }) => key));
  expect(keys.size).toBe(60);
});

test("a run whose event does not fit any more emits nothing and says why; the next one does when it fits again", async () => {
  const register = (schema: object) =>
    hub.run(
      `mutation ($input: RegisterEventTypeInput!) { registerEventType(input: $input) { userErrors { message } } }`,
      { input: { name: "strict", schema, allowBreaking: true } },
    );
  const { id } = await scheduled(hub, yearly({ type: "strict", data: { a: "text" } }));
  await register({ type: "object", properties: { a: { type: "number" } } });
  await makeDue(id);
  await expect
    .poll(async () => (await shownSchedule(hub, id))?.lastError, soon)
    .toBe("field 'a' must be a number");
  expect(await eventsOf("strict")).toEqual([]);
  const failed = await shownSchedule(hub, id);
  expect(failed).toMatchObject({ status: "ACTIVE", lastRunAt: null, lastEvent: null });
  expect(Date.parse(failed?.nextRunAt ?? "")).toBeGreaterThan(Date.now());
  const { userErrors } = await changeSchedule(hub, "run", id);
  expect(userErrors).toMatchObject([{ code: "DATA_INVALID" }]);
  expect(userErrors[0]?.path.slice(0, 2)).toEqual(["event", "data"]);
  await register({ type: "object" });
  await makeDue(id, "1 h");
  await expect.poll(async () => (await eventsOf("strict")).length, soon).toBe(1);
  expect(await shownSchedule(hub, id)).toMatchObject({ lastError: null });
});

test("a run whose idempotency key another event has emits nothing and says so", async () => {
  const { id } = await scheduled(hub, yearly({ type: "keyed" }));
  const at = new Date(Math.floor(Date.now() / 1_000) * 1_000);
  const key = `schedule:${id}:${at.toISOString()}`;
  await hub.run(
    `mutation ($key: String) { emitEvent(input: { type: "other", idempotencyKey: $key }) { isDuplicate } }`,
    { key },
  );
  await hub.db.sql`update signalbox.event_schedules set next_run_at = ${at} where id = ${id}`;
  await expect
    .poll(async () => (await shownSchedule(hub, id))?.lastError, soon)
    .toBe(`another event has the idempotency key '${key}'`);
  expect(await eventsOf("keyed")).toEqual([]);
});

describe("people", () => {
  test("pause it, run it by hand, resume it, and nothing is made up for", async () => {
    const { id, nextRunAt } = await scheduled(hub, yearly({ type: "by hand" }));
    const paused = await changeSchedule(hub, "pause", id);
    expect(paused.eventSchedule).toMatchObject({ status: "PAUSED", nextRunAt: null });
    expect((await changeSchedule(hub, "pause", id)).userErrors).toMatchObject([
      { code: "NOT_ALLOWED_NOW", message: `schedule ${id} is PAUSED already` },
    ]);
    const run = await changeSchedule(hub, "run", id);
    const [event] = await eventsOf("by hand");
    expect(run.eventSchedule).toMatchObject({
      ...{ status: "PAUSED", nextRunAt: null },
      lastEvent: { id: event?.id, origin: "MANUAL", scheduledFor: null },
    });
    const resumed = await changeSchedule(hub, "resume", id);
    expect(resumed.eventSchedule).toMatchObject({ status: "ACTIVE", nextRunAt, missedRuns: 0 });
    expect((await changeSchedule(hub, "resume", id)).userErrors).toMatchObject([
      { code: "NOT_ALLOWED_NOW", message: `schedule ${id} is ACTIVE already` },
    ]);
    await changeSchedule(hub, "run", id);
    expect((await eventsOf("by hand")).length).toBe(2);
    expect(await shownSchedule(hub, id)).toMatchObject({ nextRunAt });
  });

  test("change it: another cron or time zone moves its next run, a name does not", async () => {
    const { id, nextRunAt } = await scheduled(hub, yearly({ type: "a" }));
    await makeDue(id, "-1 h");
    const named = await updateSchedule(hub, id, { name: "Renamed", event: { type: "b" } });
    expect(named.eventSchedule).toMatchObject({ name: "Renamed", event: { type: "b" } });
    expect(named.eventSchedule?.nextRunAt).not.toBe(nextRunAt);
    const moved = await updateSchedule(hub, id, { cron: "0 0 1 2 *", timeZone: "Europe/Berlin" });
    expect(moved.eventSchedule?.nextRunAt?.slice(4)).toBe("-01-31T23:00:00.000Z");
    await changeSchedule(hub, "pause", id);
    const paused = await updateSchedule(hub, id, { cron: "@daily" });
    expect(paused.eventSchedule).toMatchObject({ status: "PAUSED", nextRunAt: null });
    const taken = await updateSchedule(hub, id, {
      name: (await scheduled(hub, yearly({ type: "a" }))).name,
    });
    expect(taken.userErrors).toMatchObject([{ code: "NAME_TAKEN", path: ["name"] }]);
    expect((await updateSchedule(hub, id, { cron: "0 0 30 2 *" })).userErrors).toMatchObject([
      { code: "INVALID", path: ["cron"] },
    ]);
  });

  test("delete it; its events stay", async () => {
    const { id } = await scheduled(hub, yearly({ type: "last words" }));
    await changeSchedule(hub, "run", id);
    expect((await changeSchedule(hub, "delete", id)).eventSchedule).toMatchObject({ id });
    expect(await shownSchedule(hub, id)).toBeNull();
    expect((await eventsOf("last words")).length).toBe(1);
    for (const change of ["pause", "resume", "run", "delete"] as const)
      expect((await changeSchedule(hub, change, id)).userErrors).toEqual([
        { code: "NOT_FOUND", message: `no schedule ${id}`, path: ["id"] },
      ]);
    expect((await updateSchedule(hub, "nothing", {})).userErrors).toMatchObject([
      { code: "NOT_FOUND" },
    ]);
  });

  test("list them, newest first, in pages and by status", async () => {
    const other = await tenantOf(hub);
    const names = ["one", "two", "three"];
    const ids: string[] = [];
    for (const name of names)
      ids.unshift((await scheduled(other, { ...yearly({ type: "a" }), name })).id);
    await changeSchedule(other, "pause", ids[1] ?? "");
    type List = { eventSchedules: { nodes: { id: string }[]; pageInfo: { endCursor: string } } };
    const list = async (args: string) =>
      (await other.run<List>(`{ eventSchedules${args} { nodes { id } pageInfo { endCursor } } }`))
        .eventSchedules;
    expect((await list("")).nodes.map(({ id }) => id)).toEqual(ids);
    const { nodes, pageInfo } = await list("(first: 2)");
    expect(nodes.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect((await list(`(after: "${pageInfo.endCursor}")`)).nodes).toEqual([{ id: ids[2] }]);
    expect((await list("(status: [PAUSED])")).nodes).toEqual([{ id: ids[1] }]);
    expect((await list("(status: [ACTIVE])")).nodes.length).toBe(2);
  });

  test("need the role: ADMIN saves and deletes, OPERATOR pauses, resumes and runs, VIEWER reads", async () => {
    const { id } = await scheduled(hub, yearly({ type: "roles" }));
    const operator = (await keyOf(hub, "OPERATOR")).key;
    const viewer = (await keyOf(hub, "VIEWER")).key;
    for (const change of ["pause", "run", "resume"] as const)
      expect((await changeSchedule(hub, change, id, operator)).userErrors).toEqual([]);
    await expect(changeSchedule(hub, "delete", id, operator)).rejects.toThrow("FORBIDDEN");
    await expect(schedule(hub, yearly({ type: "a" }), operator)).rejects.toThrow("FORBIDDEN");
    await expect(changeSchedule(hub, "run", id, viewer)).rejects.toThrow("FORBIDDEN");
    const query = "{ eventSchedules { nodes { id } } }";
    expect((await hub.send(query, {}, viewer)).errors).toBeUndefined();
    const emitter = (await keyOf(hub, "EMITTER")).key;
    expect((await hub.send(query, {}, emitter)).errors?.[0]?.extensions.code).toBe("FORBIDDEN");
  });
});
