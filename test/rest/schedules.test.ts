import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { answer, type Problem, rest } from "../fixtures/rest.ts";

type Schedule = { id: string; nextRunAt: string | null; lastEventId: string | null };

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
});

const call = (method: string, path: string, body?: unknown) =>
  rest(hub, method, path, body === undefined ? {} : { body });

test("schedules are saved, read, listed, changed, paused, run, resumed and deleted, as in GraphQL", async () => {
  const event = { type: "report", data: { a: 1 } };
  const created = await call("POST", "/v1/schedules", {
    ...{ name: "Report", cron: "0 9 1 1 *", timeZone: "Europe/Berlin", event },
  });
  expect(created.status).toBe(201);
  const schedule = (await created.json()) as Schedule;
  const path = `/v1/schedules/${schedule.id}`;
  expect(created.headers.get("location")).toBe(path);
  expect(schedule).toMatchObject({ name: "Report", event, status: "ACTIVE", missedRuns: 0 });
  expect(schedule.nextRunAt).toMatch(/-01-01T08:00:00.000Z$/);
  const { eventSchedule } = await hub.run<{ eventSchedule: object }>(
    `query ($id: ID!) { eventSchedule(id: $id) { id name cron timeZone event status nextRunAt nextRuns lastRunAt
      lastError missedRuns createdAt updatedAt } }`,
    { id: schedule.id },
  );
  expect(await answer(call("GET", path))).toEqual({ ...eventSchedule, lastEventId: null });
  expect(await answer(call("PATCH", path, { cron: "@monthly", name: null }))).toMatchObject({
    ...{ name: "Report", cron: "@monthly", timeZone: "Europe/Berlin", event },
  });
  expect(await answer(call("POST", `${path}/pause`))).toMatchObject({ status: "PAUSED" });
  expect(await answer(call("GET", "/v1/schedules?status=ACTIVE"))).toMatchObject({ items: [] });
  const listed = await answer<{ items: Schedule[] }>(call("GET", "/v1/schedules?limit=1"));
  expect(listed).toMatchObject({ items: [{ id: schedule.id }], cursor: null });
  const { lastEventId } = await answer<Schedule>(call("POST", `${path}/run`));
  const { event: emitted } = await hub.run<{ event: object }>(
    "query ($id: ID!) { event(id: $id) { type data origin } }",
    { id: lastEventId },
  );
  expect(emitted).toEqual({ ...event, origin: "MANUAL" });
  expect(await answer(call("POST", `${path}/resume`))).toMatchObject({ status: "ACTIVE" });
  expect((await call("DELETE", path)).status).toBe(204);
  expect((await call("GET", path)).status).toBe(404);
});

test("what an event holds keeps its digits", async () => {
  const body =
    '{"name":"digits","cron":"@yearly","event":{"type":"digits","data":{"b":9007199254740993,"a":1.10}}}';
  const response = await fetch(`${hub.url}/v1/schedules`, {
    method: "POST",
    headers: { authorization: `Bearer ${hub.key}`, "content-type": "application/json" },
    body,
  });
  expect(await response.text()).toContain(
    '"event":{"type":"digits","data":{"b":9007199254740993,"a":1.10}}',
  );
});

test.each([
  [{ cron: "0 0 30 2 *" }, ["cron"], "never runs"],
  [{ name: undefined }, ["name"], "is required"],
  [{ event: 5 }, ["event"], "must be an object"],
  [{ event: { typ: "a" } }, ["event", "typ"], "is unknown"],
  [{ event: { type: "a", delay: 5 } }, ["event", "delay"], "the cron says when"],
  [{ zone: "UTC" }, ["zone"], "is unknown; known are name, cron, timeZone, event"],
])("%j is refused, and nothing is saved", async (input, path, message) => {
  const body = { name: "refused", cron: "@daily", event: { type: "a" }, ...input };
  const { errors } = await answer<Problem>(call("POST", "/v1/schedules", body), 422);
  expect(errors).toMatchObject([{ code: "INVALID", path }]);
  expect(errors[0]?.message).toContain(message);
  const rows = await hub.db.sql`select from signalbox.event_schedules where name = 'refused'`;
  expect(rows.length).toBe(0);
});

test("OPERATOR runs, and does not save", async () => {
  const { key } = await keyOf(hub, "OPERATOR");
  const asOperator = { ...hub, key };
  const body = { name: "roles", cron: "@daily", event: { type: "a" } };
  const { id } = await answer<Schedule>(call("POST", "/v1/schedules", body), 201);
  expect((await rest(asOperator, "POST", `/v1/schedules/${id}/run`, {})).status).toBe(200);
  expect((await rest(asOperator, "DELETE", `/v1/schedules/${id}`, {})).status).toBe(403);
});
