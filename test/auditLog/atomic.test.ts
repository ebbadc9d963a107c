import { afterAll, beforeAll, expect, test } from "vitest";
import { auditLog, mutate } from "../fixtures/auditLog.ts";
import { register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";

let hub: TestHub;
let hook: string;
let workflow: string;
beforeAll(async () => {
  hub = await testHub();
  hook = (await register(hub, { url: "https://hooks.example.com/in", name: "kept" })).id;
  const steps = `[{ id: "one", url: "https://hooks.example.com/step" }]`;
  const made = await mutate<{ workflow: { id: string } }>(
    hub,
    "createWorkflow",
    `input: { name: "w", eventType: "a", steps: ${steps} }`,
    "workflow { id }",
  );
  workflow = made.workflow.id;
});
afterAll(() => hub[Symbol.asyncDispose]());

/** Nothing can be inserted into a table meanwhile. */
async function whileClosed(table: string, work: () => Promise<void>): Promise<void> {
  await hub.db.sql`create function signalbox.refuse() returns trigger language plpgsql as
    'begin raise exception ''closed''; end'`;
  const name = hub.db.sql(table);
  await hub.db
    .sql`create trigger refuse before insert on signalbox.${name} execute function signalbox.refuse()`;
  try {
    await work();
  } finally {
    await hub.db.sql`drop function signalbox.refuse() cascade`;
  }
}

/** What the project has, but for what the hub itself notes of keys. */
const owned = () => hub.db.sql`
  select (select json_agg(p) from signalbox.projects p) as projects,
    (select json_agg(h order by h.id) from signalbox.hooks h) as hooks,
    (select count(*) from signalbox.api_keys) as keys,
    (select count(*) from signalbox.events) as events,
    (select count(*) from signalbox.replays) as replays,
    (select count(*) from signalbox.event_types) as types,
    (select count(*) from signalbox.resource_types) as resource_types,
    (select count(*) from signalbox.event_schedules) as schedules,
    (select count(*) from signalbox.installations) as installations,
    (select json_agg(w order by w.id) from signalbox.workflows w) as workflows,
    (select count(*) from signalbox.audit_entries) as entries`;

test("nothing is changed whose entry cannot be written", async () => {
  const before = await owned();
  const since = `since: "2026-01-01T00:00:00Z"`;
  await whileClosed("audit_entries", async () => {
    for (const call of [
      `registerHook(input: { types: ["a"], url: "https://hooks.example.com/in" })`,
      `updateHook(id: "${hook}", input: { timeoutMs: 4000 })`,
      `pauseHook(id: "${hook}")`,
      `deleteHook(id: "${hook}")`,
      `rotateHookSecret(id: "${hook}")`,
      `testHook(id: "${hook}", type: "a", data: 1)`,
      `triggerHook(id: "${hook}", data: 1)`,
      `replayDeliveries(input: { ${since} })`,
      `backfillHook(input: { hookId: "${hook}", ${since} })`,
      `createApiKey(input: { name: "k", role: ADMIN })`,
      `updateProject(input: { name: "Another" })`,
      `rotateSigningSecret(overlapHours: 1)`,
      `registerEventType(input: { name: "t" })`,
      `registerResourceType(input: { name: "r", createdEvent: "r.made" })`,
      `installCatalog(name: "actionstep")`,
      `scheduleEvents(input: { name: "s", cron: "@yearly", event: { type: "a" } })`,
      `releaseWorkflow(id: "${workflow}")`,
      `installWorkflow(workflowId: "${workflow}", userId: "u")`,
      `expungeUser(userId: "u")`,
    ]) {
      const { errors } = await hub.send(`mutation { ${call} { userErrors { code } } }`);
      expect([call, errors?.[0]?.extensions.code]).toEqual([call, "INTERNAL_SERVER_ERROR"]);
    }
  });
  expect(await owned()).toEqual(before);
});

test("no entry stays of what could not be changed", async () => {
  const before = await auditLog(hub);
  await whileClosed("feed", async () => {
    const { errors } = await hub.send(`mutation { pauseHook(id: "${hook}") { hook { id } } }`);
    expect(errors).toHaveLength(1);
  });
  expect(await auditLog(hub)).toEqual(before);
});

test("a test that is sent in one batch with emits of others has its entry, and they have none", async () => {
  await using target = await receiver();
  const { id } = await register(hub, { url: target.url, types: ["mixed"] });
  const emits = Array.from({ length: 20 }, () =>
    hub.run(`mutation { emitEvent(input: { type: "mixed", data: 1 }) { event { id } } }`),
  );
  const tests = Array.from({ length: 3 }, () =>
    mutate(hub, "testHook", `id: "${id}", data: 1`, "delivery { id }"),
  );
  await Promise.all([...emits, ...tests]);
  const entries = await auditLog(hub, `entityId: "${id}"`);
  expect(entries.map(({ action, actor }) => [action, actor])).toEqual([
    ...Array.from({ length: 3 }, () => ["testHook", "First key"]),
    ["registerHook", "First key"],
  ]);
  const events = new Set(entries.slice(0, 3).map(({ after }) => after?.event));
  expect(events.size).toBe(3);
});
