import { afterAll, beforeAll, expect, test } from "vitest";
import { auditLog, auditPage, lastEntry, mutate } from "../fixtures/auditLog.ts";
import { accepted, emit } from "../fixtures/emit.ts";
import { change, hookOf, register, update } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { type Receiver, receiver, status } from "../fixtures/receiver.ts";
import { tenantOf } from "../fixtures/tenant.ts";

let hub: TestHub;
let target: Receiver;
beforeAll(async () => {
  target = await receiver();
  hub = await testHub();
});
afterAll(async () => {
  await target[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

const url = "https://hooks.example.com/in";
const ofEntity = (id: string) => auditLog(hub, `entityId: "${id}"`);

test("an entry shows what was different before and after, and nothing else", async () => {
  const { id } = await register(hub, { url, name: "billing", metadata: { team: "billing" } });
  await update(hub, id, { timeoutMs: 4_000, metadata: { team: "sales" }, url });
  await change(hub, "pauseHook", id);
  const [paused, updated, registered] = await ofEntity(id);
  expect(paused).toMatchObject({
    action: "pauseHook",
    actor: "First key",
    entity: { __typename: "Hook", id },
    before: { status: "ACTIVE", statusReason: null },
    after: { status: "PAUSED", statusReason: "paused by a person" },
  });
  expect([updated?.before, updated?.after]).toEqual([
    { timeoutMs: 5_000, metadata: { team: "billing" } },
    { timeoutMs: 4_000, metadata: { team: "sales" } },
  ]);
  expect(registered?.before).toBeNull();
  expect(registered?.after).toMatchObject({ name: "billing", url, types: ["a"], status: "ACTIVE" });
});

test("what changes nothing, or is refused, writes nothing", async () => {
  const { id } = await register(hub, { url, headers: { "x-team": "billing" } });
  const before = (await auditLog(hub)).length;
  await update(hub, id, { url, headers: { "x-team": "billing" } });
  await change(hub, "resumeHook", id);
  expect(await update(hub, id, { timeoutMs: 0 })).toHaveLength(1);
  for (const refused of [
    `pauseHook(id: "0b8e1f0c-3a53-7b6b-9a6f-2d6f4e1c7a55")`,
    `registerHook(input: { types: ["a"], url: "nowhere" })`,
    `createApiKey(input: { name: "", role: ADMIN })`,
    `revokeApiKey(id: "x")`,
    `expungeEvent(id: "x")`,
    `expungeUser(userId: "")`,
    `installCatalog(name: "none")`,
    `rotateSigningSecret(overlapHours: 1000)`,
  ]) {
    const { data } = await hub.send<Record<string, { userErrors: unknown[] }>>(
      `mutation { it: ${refused} { userErrors { code } } }`,
    );
    expect([refused, data.it?.userErrors.length]).toEqual([refused, 1]);
  }
  expect((await auditLog(hub)).length).toBe(before);
});

test("no secret, no header's value and no data of an event is in the table", async () => {
  const secret = `whsec_${Buffer.alloc(32, "OWN-SECRET").toString("base64")}`;
  const headers = { authorization: "Bearer HEADER-VALUE" };
  const { id } = await register(hub, { url: target.url, secret, headers, types: ["secret.told"] });
  await update(hub, id, { headers: { authorization: "Bearer HEADER-VALUE-2" } });
  const rotated = await mutate<{ secret: string }>(
    hub,
    "rotateHookSecret",
    `id: "${id}"`,
    "secret",
  );
  const signing = await mutate<{ secret: string }>(
    hub,
    "rotateSigningSecret",
    "overlapHours: 1",
    "secret",
  );
  const made = await mutate<{ key: string; apiKey: { prefix: string } }>(
    hub,
    "createApiKey",
    `input: { name: "made", role: VIEWER }`,
    "key apiKey { prefix }",
  );
  await mutate(
    hub,
    "registerEventType",
    `input: { name: "secret.told", example: { text: "PAYLOAD-EXAMPLE" } }`,
    "eventType { id }",
  );
  const testing = `id: "${id}", data: { text: "PAYLOAD-TEST" }, waitMs: 10000`;
  await mutate(hub, "testHook", testing, "delivery { id }");
  await mutate(
    hub,
    "scheduleEvents",
    `input: { name: "s", cron: "@yearly", event: { type: "a", data: "PAYLOAD-SCHEDULE" } }`,
    "eventSchedule { id }",
  );
  const steps = `[{ id: "one", url: "${target.url}", headers: { authorization: "HEADER-STEP" } }]`;
  const { workflow } = await mutate<{ workflow: { id: string } }>(
    hub,
    "createWorkflow",
    `input: { name: "w", eventType: "a", steps: ${steps} }`,
    "workflow { id }",
  );
  await mutate(
    hub,
    "installWorkflow",
    `workflowId: "${workflow.id}", userId: "u", variables: { token: "VARIABLE-VALUE" }`,
    "installation { id }",
  );
  const rows = await hub.db.sql<{ row: string }[]>`
    select row_to_json(a)::text as row from signalbox.audit_entries a`;
  const table = rows.map(({ row }) => row).join("\n");
  expect(table).toContain(made.apiKey.prefix);
  const told = [secret, rotated.secret, signing.secret, made.key, "HEADER-", "PAYLOAD-"];
  for (const text of [...told, "VARIABLE-VALUE", "v1.test."]) expect(table).not.toContain(text);
  const [, updated] = await ofEntity(id).then((all) =>
    all.filter(({ action }) => action !== "testHook"),
  );
  expect([updated?.before, updated?.after]).toEqual([
    { headers: "[redacted]" },
    { headers: "[redacted]" },
  ]);
});

test("an entry is of bounded size, however much has changed", async () => {
  const { id } = await register(hub, { url });
  const types = Array.from({ length: 100 }, (_, n) => `${"t".repeat(180)}.${n}`);
  const schema = { type: "object", properties: { a: { description: "x".repeat(60_000) } } };
  await update(hub, id, { types });
  await hub.run(
    `mutation ($input: RegisterEventTypeInput!) { registerEventType(input: $input) { eventType { id } } }`,
    { input: { name: "large", schema } },
  );
  const { after } = await lastEntry(hub, "registerEventType");
  expect(after).toMatchObject({
    name: "large",
    schema: expect.stringMatching(/^\[6\d{4} characters\]$/),
  });
  const [largest] = await hub.db.sql<{ bytes: number }[]>`
    select max(octet_length(before::text) + octet_length(after::text)) as bytes from signalbox.audit_entries`;
  expect(largest?.bytes).toBeLessThan(40_000);
});

test("what the hub does by itself is the act of signalbox", async () => {
  target.answer = status(410);
  const { id } = await register(hub, { url: target.url, types: ["gone"], unsubscribeOn: [410] });
  await accepted(hub, { type: "gone", waitMs: 10_000 });
  await expect.poll(async () => (await hookOf(hub, id)).status).toBe("DELETED");
  const [deleted] = await ofEntity(id);
  expect(deleted).toMatchObject({
    ...{ actor: "signalbox", action: "deleteHook", requestId: "", entity: { id } },
    after: { status: "DELETED", statusReason: expect.stringContaining("410") },
  });
  target.answer = status(200, { "webhook-delivery": "disable" });
  const disabled = await register(hub, { url: target.url, types: ["stop"], retries: 0 });
  await accepted(hub, { type: "stop", waitMs: 10_000 });
  await expect.poll(async () => (await ofEntity(disabled.id))[0]?.action).toBe("disableHook");
  target.answer = status(200);
});

test("the filters combine, and pages go on from a cursor, newest first", async () => {
  const { key: other } = await keyOf(hub, "OPERATOR");
  const { id } = await register(hub, { url });
  for (const name of ["pauseHook", "resumeHook", "pauseHook"])
    await mutate(
      hub,
      name,
      `id: "${id}"`,
      "hook { id }",
      name === "resumeHook" ? other : undefined,
    );
  const all = await ofEntity(id);
  expect(all.map(({ action }) => action)).toEqual([
    "pauseHook",
    "resumeHook",
    "pauseHook",
    "registerHook",
  ]);
  const operator = all[1]?.actor ?? "";
  const of = async (args: string) => (await auditLog(hub, args)).map((entry) => entry.id);
  expect(await of(`entityId: "${id}", actor: "${operator}"`)).toEqual([all[1]?.id]);
  expect(await of(`entityId: "${id}", actor: "First key", action: "pauseHook"`)).toEqual([
    all[0]?.id,
    all[2]?.id,
  ]);
  expect(await of(`actor: "${operator}", action: "pauseHook"`)).toEqual([]);
  expect(await of(`action: "noSuchAction"`)).toEqual([]);
  expect(await of(`entityId: "not an id"`)).toEqual([]);
  const first = await auditPage(hub, `entityId: "${id}", first: 3`);
  expect([first.nodes.length, first.pageInfo.hasNextPage]).toEqual([3, true]);
  const rest = await auditPage(hub, `entityId: "${id}", after: "${first.pageInfo.endCursor}"`);
  expect(rest.nodes.map((entry) => entry.id)).toEqual([all[3]?.id]);
  expect(rest.pageInfo.hasNextPage).toBe(false);
  const { errors } = await hub.send(`{ auditLog(after: "x") { nodes { id } } }`);
  expect(errors?.[0]?.message).toBe("after is not a cursor of this list.");
});

test("a span of time has its first moment in it, and its end not", async () => {
  const { id } = await register(hub, { url });
  for (const name of ["pauseHook", "resumeHook"]) await change(hub, name, id);
  const all = await ofEntity(id);
  // Hours lie between them, as far as the log can tell: ids go with their times.
  const [resumed, paused, registered] = all.map((entry) => entry.id);
  const day = (n: number) => `2026-01-0${n}T00:00:00.000Z`;
  for (const [entry, n] of [registered, paused, resumed].map((entry, n) => [entry, n + 1] as const))
    await hub.db.sql`update signalbox.audit_entries set at = ${day(n)},
      id = (lpad(to_hex(${Date.parse(day(n))}::bigint), 12, '0') || right(replace(id::text, '-', ''), 20))::uuid
      where id = ${entry ?? ""}`;
  const of = async (args: string) =>
    (await auditLog(hub, `entityId: "${id}", ${args}`)).map(({ action }) => action);
  expect(await of(`since: "${day(2)}"`)).toEqual(["resumeHook", "pauseHook"]);
  expect(await of(`until: "${day(2)}"`)).toEqual(["registerHook"]);
  expect(await of(`since: "${day(1)}", until: "${day(3)}"`)).toEqual(["pauseHook", "registerHook"]);
  expect(await of(`since: "${day(1)}", until: "${day(3)}", action: "pauseHook"`)).toEqual([
    "pauseHook",
  ]);
  expect(await of(`since: "${day(3)}", until: "${day(3)}"`)).toEqual([]);
  expect(await of(`since: "${day(3)}", until: "${day(1)}"`)).toEqual([]);
  expect(await of(`since: "2026-01-02T01:00:00+01:00", first: 1`)).toEqual(["resumeHook"]);
  const first = await auditPage(hub, `entityId: "${id}", since: "${day(2)}", first: 1`);
  expect(first.pageInfo.hasNextPage).toBe(true);
  const rest = await auditPage(
    hub,
    `entityId: "${id}", since: "${day(2)}", after: "${first.pageInfo.endCursor}"`,
  );
  expect(rest.nodes.map(({ action }) => action)).toEqual(["pauseHook"]);
  expect(rest.pageInfo.hasNextPage).toBe(false);
  const { errors } = await hub.send(`{ auditLog(since: "yesterday") { nodes { id } } }`);
  expect(errors?.[0]?.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
});

test("ADMIN and OPERATOR read it, of their own project alone; VIEWER and EMITTER may not", async () => {
  const other = await tenantOf(hub, "Audited apart");
  expect((await auditLog(other)).map(({ action, actor }) => [action, actor])).toEqual([
    ["createApiKey", "signalbox"],
    ["createProject", "signalbox"],
  ]);
  const { id } = await register(hub, { url });
  expect(await auditLog(other, `entityId: "${id}"`)).toEqual([]);
  const query = "{ auditLog(first: 1) { nodes { id } } }";
  for (const [role, may] of Object.entries({
    ...{ ADMIN: true, OPERATOR: true, VIEWER: false, EMITTER: false },
  })) {
    const { key } = await keyOf(hub, role);
    const { errors } = await hub.send(query, {}, key);
    expect([role, errors?.[0]?.extensions.code]).toEqual([role, may ? undefined : "FORBIDDEN"]);
  }
});

test("a person's data that is erased leaves nothing in the log but ids", async () => {
  target.answer = status(500);
  const hook = { url: target.url, types: ["person.*"], orderBy: "event.data.mail", retries: 0 };
  const { id } = await register(hub, hook);
  const event = await accepted<{ id: string }>(hub, {
    ...{ type: "person.seen", userId: "user-7", data: { mail: "person@example.com" } },
    waitMs: 10_000,
  });
  const release = `hookId: "${id}", key: "person@example.com", skip: true`;
  await mutate(hub, "releaseBlockedKey", release, "hook { id }");
  await mutate(hub, "expungeUser", `userId: "user-7"`, "events");
  expect(await lastEntry(hub, "expungeUser")).toMatchObject({
    ...{ entity: null, before: null, after: { userId: "user-7" } },
  });
  expect((await lastEntry(hub, "releaseBlockedKey")).after).toEqual({
    ...{ delivery: expect.any(String), skip: true },
  });
  const [row] = await hub.db.sql`select from signalbox.audit_entries a
    where row_to_json(a)::text like '%person@example.com%'`;
  expect([row, event.id !== ""]).toEqual([undefined, true]);
  target.answer = status(200);
});

test("of what is gone the entry tells the type and id", async () => {
  const { eventSchedule } = await mutate<{ eventSchedule: { id: string } }>(
    hub,
    "scheduleEvents",
    `input: { name: "short", cron: "@yearly", event: { type: "a" } }`,
    "eventSchedule { id }",
  );
  await mutate(hub, "deleteEventSchedule", `id: "${eventSchedule.id}"`, "eventSchedule { id }");
  expect(await lastEntry(hub, "deleteEventSchedule")).toMatchObject({
    ...{ entity: null, entityType: "EventSchedule", entityId: eventSchedule.id },
    ...{ before: { name: "short", cron: "@yearly", status: "ACTIVE", type: "a" }, after: null },
  });
});

test("emits and resources are not in it", async () => {
  const before = (await auditLog(hub)).length;
  await emit(hub, { type: "a" });
  expect((await auditLog(hub)).length).toBe(before);
});
