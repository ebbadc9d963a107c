import { afterAll, beforeAll, expect, test } from "vitest";
import { accepted, registerHook, type UserError } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver } from "../fixtures/receiver.ts";
import { overSocket } from "../fixtures/subscription.ts";

let hub: TestHub;
let target: Receiver;
beforeAll(async () => {
  hub = await testHub();
  target = await receiver();
  await registerHook(hub, { url: target.url, types: ["planned"] });
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

const soon = { timeout: 60_000 };

type Event = { id: string; status: string; scheduledFor: string | null };
type Payload = { event: Event | null; userErrors: UserError[] };
const PAYLOAD = "{ event { id status scheduledFor } userErrors { code message path } }";

const planned = (delay: number) =>
  accepted<Event>(hub, { type: "planned", delay }, "id status scheduledFor");

async function cancel(id: string): Promise<Payload> {
  const { cancelEvent } = await hub.run<{ cancelEvent: Payload }>(
    `mutation ($id: ID!) { cancelEvent(id: $id) ${PAYLOAD} }`,
    { id },
  );
  return cancelEvent;
}

async function reschedule(id: string, schedule: object): Promise<Payload> {
  const { rescheduleEvent } = await hub.run<{ rescheduleEvent: Payload }>(
    `mutation ($id: ID!, $timestamp: Timestamp, $delay: Float) {
      rescheduleEvent(id: $id, timestamp: $timestamp, delay: $delay) ${PAYLOAD} }`,
    { id, ...schedule },
  );
  return rescheduleEvent;
}

const statusOf = async (id: string) =>
  (
    await hub.run<{ event: { status: string } }>("query ($id: ID!) { event(id: $id) { status } }", {
      id,
    })
  ).event.status;

const calls = (id: string) =>
  target.requests.filter(({ headers }) => headers["webhook-id"] === id).length;

test("a subscriber that asks for it sees a scheduled event once, when it is due, and a cancelled one never", async () => {
  const { feedCursor } = await hub.run<{ feedCursor: string }>("{ feedCursor }");
  const late = await planned(0.6);
  await cancel((await planned(0.1)).id);
  const moved = await planned(3600);
  const now = await accepted<Event>(hub, { type: "planned" }, "id");
  await reschedule(moved.id, { timestamp: "2020-01-01T00:00:00Z" });
  const query = `subscription ($after: String) {
    eventEmitted(types: ["planned"], whenDue: true, after: $after) { event { id status } } }`;
  await using live = overSocket<{ event: Event }>(hub, query, { after: feedCursor });
  const ids = () => live.items.map(({ event }) => event.id);
  await expect.poll(ids, soon).toContain(late.id);
  // All of its changes are in the feed before this one.
  await expect.poll(() => statusOf(late.id), soon).toBe("PROCESSED");
  const last = await accepted<Event>(hub, { type: "planned" }, "id");
  await expect.poll(ids, soon).toContain(last.id);
  expect(ids()).toHaveLength(4);
  expect(new Set(ids())).toEqual(new Set([now.id, moved.id, late.id, last.id]));
  expect(live.items.map(({ event }) => event.status)).not.toContain("SCHEDULED");
});

test("a cancelled event is CANCELLED for good, and never delivered", async () => {
  const { id, scheduledFor } = await planned(1);
  expect(await cancel(id)).toEqual({
    event: { id, status: "CANCELLED", scheduledFor },
    userErrors: [],
  });
  // What is due after it has gone out, so it would have, too.
  const { id: after } = await planned(1.2);
  await expect.poll(() => calls(after), soon).toBe(1);
  expect([await statusOf(id), calls(id)]).toEqual(["CANCELLED", 0]);
  const again = await cancel(id);
  expect(again.userErrors).toMatchObject([{ code: "NOT_ALLOWED_NOW", path: ["id"] }]);
  expect(again.userErrors[0]?.message).toContain("is CANCELLED");
  expect((await reschedule(id, { delay: 1 })).userErrors).toMatchObject([
    { code: "NOT_ALLOWED_NOW", path: ["id"] },
  ]);
});

test("an event that was matched can be neither cancelled nor rescheduled", async () => {
  const { id } = await accepted(hub, { type: "planned", waitMs: 15_000 });
  for (const { event, userErrors } of [await cancel(id), await reschedule(id, { delay: 1 })]) {
    expect([event, userErrors[0]?.code]).toEqual([null, "NOT_ALLOWED_NOW"]);
    expect(userErrors[0]?.message).toContain("is PROCESSED");
  }
});

test("an unknown event is NOT_FOUND", async () => {
  for (const id of ["x", "00000000-0000-7000-8000-000000000000"]) {
    for (const { userErrors } of [await cancel(id), await reschedule(id, { delay: 1 })]) {
      expect(userErrors).toEqual([{ code: "NOT_FOUND", message: `no event ${id}`, path: ["id"] }]);
    }
  }
});

test("a rescheduled event goes out once, at its new time, sooner or later", async () => {
  const [later, sooner] = [await planned(0.5), await planned(3_600)];
  const timestamp = Date.now() + 1_500;
  const moved = await reschedule(later.id, { timestamp });
  expect(moved.event).toEqual({
    id: later.id,
    status: "SCHEDULED",
    scheduledFor: new Date(timestamp).toISOString(),
  });
  await reschedule(sooner.id, { delay: 0.1 });
  await expect.poll(() => [calls(sooner.id), calls(later.id)], soon).toEqual([1, 1]);
  const request = target.requests.find(({ headers }) => headers["webhook-id"] === later.id);
  expect(request?.at).toBeGreaterThanOrEqual(timestamp);
  expect(JSON.parse(request?.body ?? "")).toMatchObject({ time: moved.event?.scheduledFor });
});

test("rescheduled into the past, it is due at once", async () => {
  const { id } = await planned(3_600);
  const { event } = await reschedule(id, { timestamp: 1_587_902_400 });
  expect(event?.scheduledFor).toBe("2020-04-26T12:00:00.000Z");
  await expect.poll(() => calls(id), soon).toBe(1);
});

test.each([
  [{}, "timestamp", "give 'timestamp', 'delay' (seconds) or both"],
  [{ delay: -0.5 }, "delay", "0 or more seconds"],
  [{ timestamp: "2999-01-01T00:00:00Z" }, "timestamp", "at most 10 years ahead"],
])("rescheduling to %j is INVALID and changes nothing", async (schedule, field, message) => {
  const { id, scheduledFor } = await planned(3_600);
  const { userErrors } = await reschedule(id, schedule);
  expect(userErrors).toMatchObject([{ code: "INVALID", path: [field] }]);
  expect(userErrors[0]?.message).toContain(message);
  const { event } = await hub.run<{ event: Event }>(
    "query ($id: ID!) { event(id: $id) { scheduledFor } }",
    { id },
  );
  expect(event.scheduledFor).toBe(scheduledFor);
});

test("cancel and dispatch race: one wins, and what is cancelled has no delivery", async () => {
  const due = Date.now() + 1_000;
  const { emitEvents } = await hub.run<{ emitEvents: { events: Event[] } }>(
    "mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) { events { id } } }",
    { input: Array.from({ length: 60 }, (_, n) => ({ type: "planned", timestamp: due + n * 5 })) },
  );
  const ids = emitEvents.events.map(({ id }) => id);
  await expect.poll(() => calls(ids[0] ?? ""), { ...soon, interval: 5 }).toBe(1);
  const answers = await Promise.all(ids.toReversed().map(cancel));
  const cancelled = answers.flatMap(({ event }) => event?.id ?? []);
  const refused = answers.flatMap(({ userErrors }) => userErrors.map(({ code }) => code));
  expect(new Set(refused)).toEqual(new Set(["NOT_ALLOWED_NOW"]));
  expect(cancelled.length + refused.length).toBe(ids.length);
  const sent = ids.filter((id) => !cancelled.includes(id));
  await expect.poll(() => sent.map(calls), soon).toEqual(sent.map(() => 1));
  expect(cancelled.map(calls)).toEqual(cancelled.map(() => 0));
  const rows = await hub.db
    .sql`select from signalbox.deliveries where event_id = any(${cancelled}::uuid[])`;
  expect(rows.length).toBe(0);
});

test("an event of the SQL door can be cancelled until it is matched, and is in the feed", async () => {
  await using idle = await testHub({ roles: { api: true, worker: false } });
  const { sql } = idle.db;
  const [row] = await sql<{ id: string }[]>`select signalbox.emit('planned') as id`;
  const { cancelEvent } = await idle.run<{ cancelEvent: Payload }>(
    `mutation ($id: ID!) { cancelEvent(id: $id) ${PAYLOAD} }`,
    { id: row?.id },
  );
  expect(cancelEvent.event).toMatchObject({ status: "CANCELLED", scheduledFor: null });
  await using _worker = await testHub({ ...idle.settings, roles: { api: false, worker: true } });
  const jobs = () => sql`select from graphile_worker.jobs where task_identifier = 'dispatch'`;
  await expect.poll(async () => (await jobs()).length, soon).toBe(0);
  const changes = await sql`select created, state->>'status' as status from signalbox.changes`;
  expect(changes).toEqual([{ created: true, status: "CANCELLED" }]);
});

test("the feed has it when it is accepted, and in every state after, as it was then", async () => {
  type Item = { event: { id: string; status: string; scheduledFor: string } };
  const fields = "{ event { id status scheduledFor } }";
  await using emitted = overSocket<Item>(hub, `subscription { eventEmitted ${fields} }`);
  await using updated = overSocket<Item>(hub, `subscription { eventUpdated ${fields} }`);
  // Subscriptions take a moment to begin.
  await expect
    .poll(async () => {
      await accepted(hub, { type: "none" });
      return Math.min(emitted.items.length, updated.items.length);
    }, soon)
    .toBeGreaterThan(0);
  const { id, scheduledFor } = await planned(3_600);
  const { event } = await reschedule(id, { delay: 0.2 });
  const of = (items: Item[]) => items.filter((item) => item.event.id === id);
  await expect
    .poll(() => of(updated.items).map((item) => item.event.status), soon)
    .toEqual(["SCHEDULED", "SCHEDULED", "DISPATCHED", "PROCESSED"]);
  expect(of(updated.items).map((item) => item.event.scheduledFor)).toEqual([
    scheduledFor,
    ...Array(3).fill(event?.scheduledFor),
  ]);
  expect(of(emitted.items)).toEqual([{ event: { id, status: "SCHEDULED", scheduledFor } }]);
});

test("who waits for an event that is cancelled is answered", async () => {
  const waiting = accepted<Event>(
    hub,
    { type: "waited", delay: 3_600, waitMs: 15_000 },
    "id status",
  );
  const find = async () =>
    (
      await hub.run<{ events: { nodes: Event[] } }>(
        '{ events(types: ["waited"], status: [SCHEDULED]) { nodes { id } } }',
      )
    ).events.nodes[0]?.id;
  await expect.poll(find, soon).toBeDefined();
  await cancel((await find()) ?? "");
  expect((await waiting).status).toBe("CANCELLED");
});
