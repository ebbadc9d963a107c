import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { change, register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { changeSchedule, schedule, scheduled, shownSchedule } from "../fixtures/schedules.ts";
import { tenantOf } from "../fixtures/tenant.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
});

let n = 0;
const unique = () => `schedule ${++n}`;
const yearly = (event: object) => ({ name: unique(), cron: "@yearly", event });

describe("refused, and nothing is saved:", () => {
  const event = { type: "a" };
  test.each([
    [{ cron: "0 0 30 2 *" }, "INVALID", ["cron"], "never runs"],
    [{ cron: "* * * * * *" }, "INVALID", ["cron"], "must have five fields"],
    [{ timeZone: "Berlin" }, "INVALID", ["timeZone"], "such as Europe/Berlin or UTC"],
    [{ name: "" }, "INVALID", ["name"], "must not be empty"],
    [{ name: "x".repeat(201) }, "INVALID", ["name"], "at most 200 characters"],
    [{ event: {} }, "INVALID", ["event", "type"], "'type' is required"],
    [{ event: { ...event, idempotencyKey: "k" } }, "INVALID", ["event", "idempotencyKey"], "own"],
    [{ event: { ...event, delay: 5 } }, "INVALID", ["event", "delay"], "the cron says when"],
    [{ event: { ...event, timestamp: 5 } }, "INVALID", ["event", "timestamp"], "the cron says"],
    [{ event: { ...event, waitMs: 5 } }, "INVALID", ["event", "waitMs"], "nobody waits"],
    [{ event: { ...event, uid: "u", userId: "v" } }, "INVALID", ["event", "uid"], "one event's"],
    [
      { event: { ...event, occurredAt: "2026-01-01T00:00:00Z" } },
      ...(["INVALID", ["event", "occurredAt"], "when the schedule runs"] as const),
    ],
    [
      { event: { ...event, actions: [{ url: "http://10.0.0.1/", key: "go", buttonText: "Go" }] } },
      ...(["TARGET_REFUSED", ["event", "actions", "0", "url"], "10.0.0.1"] as const),
    ],
  ])("%j", async (input, code, path, message) => {
    const name = unique();
    const { eventSchedule, userErrors } = await schedule(hub, {
      ...{ name, cron: "@daily", event, ...input },
    });
    expect(eventSchedule).toBeNull();
    expect(userErrors).toMatchObject([{ code, path }]);
    expect(userErrors[0]?.message).toContain(message);
    const rows = await hub.db.sql`select from signalbox.event_schedules where name = ${name}`;
    expect(rows.length).toBe(0);
  });

  test("all that is wrong is said at once", async () => {
    const { userErrors } = await schedule(hub, { name: "", cron: "x", timeZone: "y", event: {} });
    expect(userErrors.map(({ path }) => path.join("."))).toEqual([
      ...["name", "cron", "timeZone", "event.type"],
    ]);
  });

  test("a name that another schedule has", async () => {
    const input = yearly(event);
    await scheduled(hub, input);
    expect((await schedule(hub, input)).userErrors).toEqual([
      {
        code: "NAME_TAKEN",
        message: `a schedule named '${input.name}' exists already; names are unique in a project`,
        path: ["name"],
      },
    ]);
  });

  test("the 1,001st of a project", async () => {
    const other = await tenantOf(hub);
    const { id } = await scheduled(other, yearly(event));
    await other.db
      .sql`insert into signalbox.event_schedules (project_id, id, name, cron, time_zone, event)
      select project_id, gen_random_uuid(), 'n' || n, cron, time_zone, event
      from signalbox.event_schedules, generate_series(2, 1000) n where id = ${id}`;
    expect((await schedule(other, yearly(event))).userErrors).toMatchObject([
      { code: "LIMIT_REACHED", message: "a project has at most 1000 schedules" },
    ]);
  });

  test("what is UNKNOWN_TYPE or DATA_INVALID to an emit", async () => {
    const other = await tenantOf(hub);
    await other.run(
      `mutation { updateProject(input: { requireRegisteredTypes: true }) { userErrors { message } }
        registerEventType(input: { name: "n", schema: { type: "number" } }) { userErrors { message } } }`,
    );
    expect((await schedule(other, yearly({ type: "m" }))).userErrors).toMatchObject([
      { code: "UNKNOWN_TYPE", path: ["event", "type"] },
    ]);
    expect((await schedule(other, yearly({ type: "n", data: "x" }))).userErrors).toMatchObject([
      { code: "DATA_INVALID", path: ["event", "data"] },
    ]);
  });
});

test("a run whose hook was deleted emits nothing and says so", async () => {
  const hook = await register(hub, { url: "http://127.0.0.1:9", types: ["to one"] });
  const { id } = await scheduled(hub, yearly({ type: "to one", hookId: hook.id }));
  await change(hub, "deleteHook", hook.id);
  const message = `no hook ${hook.id}`;
  expect((await changeSchedule(hub, "run", id)).userErrors).toEqual([
    { code: "NOT_FOUND", message, path: ["event", "hookId"] },
  ]);
  await hub.db.sql`update signalbox.event_schedules set next_run_at = now() where id = ${id}`;
  await expect
    .poll(async () => (await shownSchedule(hub, id))?.lastError, { timeout: 60_000 })
    .toBe(message);
  const events = await hub.db.sql`select from signalbox.events where type = 'to one'`;
  expect(events.length).toBe(0);
});
