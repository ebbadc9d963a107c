import { afterAll, beforeAll, expect, test } from "vitest";
import { auditLog, lastEntry } from "../fixtures/auditLog.ts";
import { cli } from "../fixtures/cli.ts";
import { type DoorCall, doorCall } from "../fixtures/doorCall.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";

let hub: TestHub;
let call: DoorCall;
/** Its name tells the entries of this file's requests from others. */
let key: string;
beforeAll(async () => {
  hub = await testHub();
  ({ key } = await keyOf(hub, "ADMIN", "by another door"));
  call = doorCall(hub);
});
afterAll(() => hub[Symbol.asyncDispose]());

const url = "https://hooks.example.com/in";
const door = (method: string, path: string, body?: unknown) => call(method, path, body, { key });

/** The actions that a request led to, oldest first. */
async function actionsOf(run: () => Promise<{ status: number }>): Promise<string[]> {
  const [last] = await auditLog(hub, "first: 1");
  expect((await run()).status).toBeLessThan(300);
  const entries = await auditLog(hub);
  const made = entries.slice(
    0,
    entries.findIndex(({ id }) => id === last?.id),
  );
  for (const { action, actor, requestId } of made)
    expect([action, actor, requestId]).toEqual([
      ...[action, "by another door", expect.stringMatching(/./)],
    ]);
  return made.map(({ action }) => action).reverse();
}

test("what is changed over REST has the name of the mutation", async () => {
  const { body } = await door("POST", "/v1/hooks", { types: ["a"], url });
  const path = `/v1/hooks/${body.id}`;
  expect((await lastEntry(hub, "registerHook")).entityId).toBe(body.id);
  expect(await actionsOf(() => door("PATCH", path, { timeoutMs: 4_000 }))).toEqual(["updateHook"]);
  expect(await actionsOf(() => door("POST", `${path}/pause`))).toEqual(["pauseHook"]);
  expect(await actionsOf(() => door("DELETE", path))).toEqual(["deleteHook"]);
  const type = { name: "rest.type" };
  expect(await actionsOf(() => door("POST", "/v1/event-types", type))).toEqual([
    "registerEventType",
  ]);
  const restType = "/v1/event-types/rest.type";
  expect(await actionsOf(() => door("PATCH", restType, { description: "d" }))).toEqual([
    "registerEventType",
  ]);
  expect(await actionsOf(() => door("DELETE", restType))).toEqual(["archiveEventType"]);
  const schedule = { name: "rest", cron: "@yearly", event: { type: "a" } };
  expect(await actionsOf(() => door("POST", "/v1/schedules", schedule))).toEqual([
    "scheduleEvents",
  ]);
  const expunge = () => door("DELETE", "/v1/users/u/content");
  expect(await actionsOf(expunge)).toEqual(["expungeUser"]);
  expect(await actionsOf(() => door("POST", "/v1/events", { type: "a" }))).toEqual([]);
});

test("the Svix-compatible door: its applications have actions of their own", async () => {
  const app = "/api/v1/app";
  const made = { name: "Acme", uid: "acme" };
  expect(await actionsOf(() => door("POST", app, made))).toEqual(["createApplication"]);
  expect(await actionsOf(() => door("PUT", `${app}/acme`, { ...made, name: "Acme 2" }))).toEqual([
    "updateApplication",
  ]);
  const endpoint = `${app}/acme/endpoint`;
  expect(await actionsOf(() => door("POST", endpoint, { uid: "one", url }))).toEqual([
    "registerHook",
  ]);
  const one = `${endpoint}/one`;
  expect(await actionsOf(() => door("PATCH", one, { disabled: true }))).toEqual(["updateHook"]);
  expect(
    await actionsOf(() => door("PUT", `${one}/headers`, { headers: { "x-a": "SECRET" } })),
  ).toEqual(["updateHook"]);
  expect(await actionsOf(() => door("POST", `${one}/secret/rotate`, {}))).toEqual([
    "rotateHookSecret",
  ]);
  expect(await actionsOf(() => door("PATCH", one, { disabled: false }))).toEqual(["updateHook"]);
  const example = { eventType: "acme.made", payload: { text: "SECRET" } };
  expect(await actionsOf(() => door("POST", `${one}/send-example`, example))).toEqual(["testHook"]);
  expect(
    await actionsOf(() => door("POST", `${one}/recover`, { since: "2026-01-01T00:00:00Z" })),
  ).toEqual(["replayDeliveries"]);
  const message = { eventType: "b", payload: {}, application: { name: "New", uid: "new" } };
  expect(await actionsOf(() => door("POST", `${app}/new/msg`, message))).toEqual([
    "createApplication",
  ]);
  expect(await actionsOf(() => door("DELETE", `${app}/acme`))).toEqual([
    "deleteHook",
    "deleteApplication",
  ]);
  const rows = await hub.db.sql`select from signalbox.audit_entries a
    where row_to_json(a)::text like '%SECRET%'`;
  expect(rows).toHaveLength(0);
});

test("the documents' doors", async () => {
  const hooks = "/api/rest/resthooks";
  const one = { resthooks: { eventName: "ActionCreated", targetUrl: url } };
  expect(await actionsOf(() => door("POST", hooks, one))).toEqual([
    "installCatalog",
    "registerHook",
  ]);
  const id = (await door("GET", hooks)).body.resthooks[0].id;
  const other = { resthooks: { eventName: "ActionCreated", targetUrl: `${url}/2` } };
  expect(await actionsOf(() => door("PUT", `${hooks}/${id}`, other))).toEqual(["updateHook"]);
  expect(await actionsOf(() => door("DELETE", `${hooks}/${id}`))).toEqual(["deleteHook"]);
  const log = { name: "n", category: "c" };
  expect(await actionsOf(() => door("POST", "/api/v1/log", log))).toEqual([]);
});

test("commands that open the database act as the command line", async () => {
  const onDatabase = (...args: string[]) => cli({ DATABASE_URL: hub.db.url }, ...args);
  const made = await onDatabase("key", "create", "default", "By hand", "VIEWER", "--json");
  const { id } = JSON.parse(made.stdout).apiKey;
  await onDatabase("key", "revoke", id);
  const entries = await auditLog(hub, `entityId: "${id}"`);
  expect(entries.map(({ action, actor, requestId }) => [action, actor, requestId])).toEqual([
    ["revokeApiKey", "command line", ""],
    ["createApiKey", "command line", ""],
  ]);
});

test("REST and the command line list it, with the same filters", async () => {
  const { body } = await door("POST", "/v1/hooks", { types: ["a"], url, name: "listed" });
  await door("POST", `/v1/hooks/${body.id}/pause`);
  const path = `/v1/audit?entityId=${body.id}`;
  const { items, cursor } = (await door("GET", `${path}&limit=1`)).body;
  expect(items).toEqual([
    {
      ...{ id: expect.any(String), at: expect.any(String), requestId: expect.any(String) },
      ...{ actor: "by another door", action: "pauseHook", entityType: "Hook", entityId: body.id },
      before: { status: "ACTIVE", statusReason: null },
      after: { status: "PAUSED", statusReason: "paused by a person" },
    },
  ]);
  const next = (await door("GET", `${path}&limit=1&after=${cursor}`)).body;
  expect(next.items.map(({ action }: { action: string }) => action)).toEqual(["registerHook"]);
  const none = `${path}&actor=nobody`;
  expect((await door("GET", none)).body).toEqual({ items: [], cursor: null });
  expect((await door("GET", "/v1/audit?entityId=x")).body).toEqual({ items: [], cursor: null });
  expect((await door("GET", "/v1/audit?after=x")).status).toBe(400);
  expect((await door("GET", "/v1/audit?who=x")).status).toBe(422);
  const { at } = items[0];
  await hub.db.sql`update signalbox.audit_entries set at = at - interval '1 second'
    where entity_id = ${body.id} and action = 'registerHook'`;
  const spans = { [`since=${at}`]: 1, [`until=${at}`]: 1, [`until=${at}&since=${at}`]: 0 };
  for (const [span, count] of Object.entries(spans))
    expect([span, (await door("GET", `${path}&${span}`)).body.items.length]).toEqual([span, count]);
  expect((await door("GET", "/v1/audit?since=yesterday")).status).toBe(422);
  const { key: viewer } = await keyOf(hub, "VIEWER");
  expect((await call("GET", "/v1/audit", undefined, { key: viewer })).status).toBe(403);

  const settings = { SIGNALBOX_URL: hub.url, SIGNALBOX_KEY: key };
  const listed = await cli(settings, "audit", "--entity", body.id, "--action", "pauseHook");
  expect(listed).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(listed.stdout)).toMatchObject({ ...items[0], at });
  const before = await cli(settings, "audit", "--entity", body.id, "--until", at);
  expect(JSON.parse(before.stdout).action).toBe("registerHook");
});
