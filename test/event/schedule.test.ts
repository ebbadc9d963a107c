import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { removeOldEvents } from "../../src/db/retention/retention.ts";
import { scheduleOf } from "../../src/domain/event/schedule.ts";
import { accepted, emit, emitAll, registerHook } from "../fixtures/emit.ts";
import { deliveryOf } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver } from "../fixtures/receiver.ts";

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
const SEED_SECONDS = 1_587_902_400;
const SEED_TIME = "2020-04-26T12:00:00.000Z";
const now = new Date("2026-01-31T12:00:00Z");

type Scheduled = { id: string; status: string; scheduledFor: string | null; receivedAt: string };
const FIELDS = "id status scheduledFor receivedAt";
const scheduled = (input: object) => accepted<Scheduled>(hub, { type: "none", ...input }, FIELDS);
const sent = (id: string) =>
  target.requests.filter(({ headers }) => headers["webhook-id"] === id).map(({ body }) => body);

test("S3.6: a type alone is due now, and of delay 0 too", async () => {
  expect(await scheduled({})).toMatchObject({ status: "PROCESSED", scheduledFor: null });
  expect(await scheduled({ delay: 0 })).toMatchObject({ status: "PROCESSED", scheduledFor: null });
});

describe("S3.7: the three bodies of the document", () => {
  test("delay counts from now, by the database's clock", async () => {
    const { status, scheduledFor, receivedAt } = await scheduled({ delay: 3_600 });
    expect(status).toBe("SCHEDULED");
    const ahead = Date.parse(scheduledFor ?? "") - Date.parse(receivedAt);
    expect(ahead).toBeGreaterThan(3_590_000);
    expect(ahead).toBeLessThanOrEqual(3_600_000);
  });

  test("timestamp is when it is due; it has passed, so now", async () => {
    const event = await scheduled({ timestamp: SEED_SECONDS });
    expect(event).toMatchObject({ status: "PROCESSED", scheduledFor: SEED_TIME });
  });

  test("delay counts from timestamp", async () => {
    const event = await scheduled({ timestamp: SEED_SECONDS, delay: 3_600 });
    expect(event).toMatchObject({ scheduledFor: "2020-04-26T13:00:00.000Z" });
    const timestamp = Date.now() - 60_000;
    const ahead = await scheduled({ timestamp, delay: 3_600 });
    const scheduledFor = new Date(timestamp + 3_600_000).toISOString();
    expect(ahead).toMatchObject({ status: "SCHEDULED", scheduledFor });
  });
});

test.each([
  ["milliseconds", SEED_SECONDS * 1_000],
  ["seconds", SEED_SECONDS],
  ["decimal seconds", SEED_SECONDS + 0.0001],
  ["an RFC 3339 string", "2020-04-26T14:00:00+02:00"],
])("S3.12: timestamp is taken as %s", async (_what, timestamp) => {
  expect(await scheduled({ timestamp })).toMatchObject({ scheduledFor: SEED_TIME });
  const { emitEvent } = await hub.run<{ emitEvent: { event: Scheduled } }>(
    `mutation { emitEvent(input: { type: "none", timestamp: ${JSON.stringify(timestamp)} }) { event { ${FIELDS} } } }`,
  );
  expect(emitEvent.event).toMatchObject({ scheduledFor: SEED_TIME });
});

test.each([["tomorrow"], ["1587902400"], ["2026-02-30T00:00:00Z"], [1e300], [-1e13], [true], [{}]])(
  "S3.12: a timestamp that is no date (%j) is refused, and says what would be right",
  async (timestamp) => {
    const { errors } = await hub.send(
      'mutation ($t: Timestamp) { emitEvent(input: { type: "none", timestamp: $t }) { isDuplicate } }',
      { t: timestamp },
    );
    expect(errors?.[0]?.extensions.code).toBe("BAD_REQUEST");
    expect(errors?.[0]?.message).toContain("RFC 3339 string such as 2026-01-31T12:00:00Z");
  },
);

test("the schedule is reckoned to the millisecond, up to 10 years ahead", () => {
  const at = (timestamp: string | null, delay: number | null) =>
    scheduleOf({ timestamp: timestamp === null ? null : new Date(timestamp), delay }, now);
  expect(at(null, null)).toBeNull();
  expect(at(null, 0)).toBeNull();
  expect(at(null, 0.25)).toEqual(new Date("2026-01-31T12:00:00.250Z"));
  expect(at("2026-01-31T11:59:59Z", 1.5)).toEqual(new Date("2026-01-31T12:00:00.500Z"));
  expect(at("2036-01-31T12:00:00Z", null)).toEqual(new Date("2036-01-31T12:00:00Z"));
  expect(() => at("2036-01-31T12:00:00Z", 0.001)).toThrow("at most 10 years ahead");
});

test.each([
  [{ delay: -1 }, "delay", "field 'delay' must be 0 or more seconds"],
  [{ delay: 3_600_000_000 }, "delay", "'delay' is in seconds"],
  [{ delay: 1e300 }, "delay", "at most 10 years ahead"],
  [{ timestamp: 1e13 * 9 }, "timestamp", "in milliseconds (below 100000000000 in seconds)"],
])("%j is INVALID, and nothing is stored", async (schedule, field, message) => {
  const { event, userErrors } = await emit(hub, { type: "refused", ...schedule });
  expect([event, userErrors[0]?.code, userErrors[0]?.path]).toEqual([null, "INVALID", [field]]);
  expect(userErrors[0]?.message).toContain(message);
  const batch = await emitAll(hub, [{ type: "refused" }, { type: "refused", ...schedule }]);
  expect([batch.events, batch.userErrors[0]?.path]).toEqual([null, ["1", field]]);
  const rows = await hub.db.sql`select from signalbox.events where type = 'refused'`;
  expect(rows.length).toBe(0);
});

test("the schedule is part of what an idempotency key stands for", async () => {
  const timestamp = Date.now() + 3_600_000;
  const first = { type: "none", idempotencyKey: "k", timestamp };
  const { event } = await emit(hub, first);
  const written = new Date(timestamp).toISOString();
  expect(await emit(hub, { ...first, timestamp: written })).toMatchObject({
    event: { id: event?.id, status: "SCHEDULED" },
    isDuplicate: true,
  });
  for (const other of [{ timestamp: timestamp + 1 }, { delay: 1 }]) {
    const { userErrors } = await emit(hub, { ...first, ...other });
    expect(userErrors.map(({ code }) => code)).toEqual(["IDEMPOTENCY_CONFLICT"]);
  }
});

test("a scheduled event goes out when it is due, to the hooks of then, with its due time as CloudEvents time", async () => {
  const gone = await registerHook(hub, { url: target.url, types: ["later"] });
  const timestamp = Date.now() + 1_500;
  const { id } = await scheduled({ type: "later", timestamp, data: { n: 1 } });
  const before = await hub.run(
    `query ($id: ID!) { event(id: $id) { status why { reason } deliveries { nodes { id } } } }`,
    { id },
  );
  expect(before).toEqual({ event: { status: "SCHEDULED", why: [], deliveries: { nodes: [] } } });
  await hub.run("mutation ($id: ID!) { deleteHook(id: $id) { userErrors { code } } }", {
    id: gone,
  });
  const hookId = await registerHook(hub, { url: target.url, types: ["later"] });
  await expect.poll(() => sent(id).length, soon).toBe(1);
  const [request] = target.requests.filter(({ headers }) => headers["webhook-id"] === id);
  expect(request?.at).toBeGreaterThanOrEqual(timestamp);
  const { event } = await hub.run<{ event: { cloudEvent: { time: string }; why: object[] } }>(
    "query ($id: ID!) { event(id: $id) { cloudEvent why { hook { id } reason } } }",
    { id },
  );
  expect(event.why).toContainEqual({ hook: { id: hookId }, reason: "MATCHED" });
  expect(event.cloudEvent.time).toBe(new Date(timestamp).toISOString());
  const { requestBody } = await deliveryOf(hub, id);
  expect(sent(id)).toEqual([requestBody]);
  expect(JSON.parse(requestBody)).toEqual(event.cloudEvent);
});

test("a scheduled event is checked against its type when it is emitted", async () => {
  await hub.run(`mutation { registerEventType(input: { name: "typed", schema: { n: "Number" } }) {
    userErrors { message } } }`);
  const { userErrors } = await emit(hub, { type: "typed", data: { n: "x" }, delay: 60 });
  expect(userErrors).toMatchObject([{ code: "DATA_INVALID", path: ["data", "n"] }]);
  const event = await accepted(hub, { type: "typed", data: { n: 1 }, delay: 60 }, "typeVersion");
  expect(event).toEqual({ typeVersion: 1 });
});

test("waitMs waits for a scheduled event, but no longer", async () => {
  expect((await scheduled({ delay: 0.4, waitMs: 15_000 })).status).toBe("PROCESSED");
  expect((await scheduled({ delay: 3_600, waitMs: 50 })).status).toBe("SCHEDULED");
});

test("retention takes no event that waits, and counts from when it was due", async () => {
  const [waiting, cancelled, done, long] = await Promise.all([
    ...[1, 2].map(() => scheduled({ type: "kept", delay: 3_600 })),
    ...[1, 2].map(() => scheduled({ type: "kept", timestamp: Date.now() - 1_000 })),
  ]);
  const { sql } = hub.db;
  await sql`update signalbox.events set received_at = now() - interval '40 days',
    id = overlay(id::text placing '00000000-0000' from 1)::uuid where type = 'kept'`;
  const aged = (event?: Scheduled) => `00000000-0000${event?.id.slice(13)}`;
  await sql`update signalbox.events set status = 'CANCELLED', due_at = null where id = ${aged(cancelled)}`;
  await sql`update signalbox.events set scheduled_for = now() - interval '31 days' where id = ${aged(long)}`;
  await removeOldEvents(sql, 30);
  const left = await sql`select id from signalbox.events where type = 'kept' order by id`;
  expect(left.map(({ id }) => id)).toEqual([aged(waiting), aged(done)].sort());
});
