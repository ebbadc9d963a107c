import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { svixCall } from "../fixtures/svix/call.ts";
import { tenantOf } from "../fixtures/tenant.ts";

let hub: TestHub;
const call = svixCall(() => hub);
beforeAll(async () => {
  hub = await testHub();
  await call("POST", "/app", { name: "App", uid: "app" });
  await call("POST", "/app/app/endpoint", { url: "http://127.0.0.1:9/", uid: "ep" });
});
afterAll(() => hub[Symbol.asyncDispose]());

/** Everything that a request could have stored. */
async function stored() {
  const { sql } = hub.db;
  return sql`select
    (select json_agg(a order by id)::text from signalbox.applications a) as applications,
    (select json_agg(h order by id)::text from signalbox.hooks h) as hooks,
    (select json_agg(t order by id)::text from signalbox.event_types t) as types,
    (select count(*)::int from signalbox.events) as events,
    (select count(*)::int from signalbox.idempotency_keys) as keys`;
}

const message = { eventType: "a", payload: {} };
const endpoint = { url: "http://127.0.0.1:9/" };
const long = (length: number) => "x".repeat(length);
const [app, ep] = ["/app/app", "/app/app/endpoint/ep"];

test.each<[method: string, path: string, body: unknown, loc: string]>([
  ["POST", "/app", [], "body"],
  ["POST", "/app", {}, "body.name"],
  ["POST", "/app", { name: "" }, "body.name"],
  ["POST", "/app", { name: 1 }, "body.name"],
  ["POST", "/app", { name: "\u0000" }, "body.name"],
  ["POST", "/app", { name: long(257) }, "body.name"],
  ["POST", "/app", { name: "a", uid: "a b" }, "body.uid"],
  ["POST", "/app", { name: "a", uid: "" }, "body.uid"],
  ["POST", "/app", { name: "a", uid: long(201) }, "body.uid"],
  ["POST", "/app", { name: "a", metadata: { a: 1 } }, "body.metadata.a"],
  ["POST", "/app", { name: "a", metadata: { a: long(16_384) } }, "body.metadata"],
  ["POST", "/app", { name: "a", throttleRate: 0 }, "body.throttleRate"],
  ["POST", "/app", { name: "a", throttleRate: 1.5 }, "body.throttleRate"],
  ["POST", "/app", { name: "a", rateLimit: "5" }, "body.rateLimit"],
  ["POST", "/app?get_if_exists=yes", { name: "a" }, "query.get_if_exists"],
  ["PUT", "/app/new", { name: "a", uid: "other" }, "body.uid"],
  ["PUT", "/app/a%20b", { name: "a" }, "path"],
  ["PATCH", app, { name: "" }, "body.name"],
  ["POST", `${app}/endpoint`, {}, "body.url"],
  ["POST", `${app}/endpoint`, { url: "ftp://example.com" }, "body.url"],
  ["POST", `${app}/endpoint`, { url: "http://10.0.0.1/" }, "body.url"],
  ["POST", `${app}/endpoint`, { ...endpoint, eventTypes: [] }, "body.eventTypes"],
  ["POST", `${app}/endpoint`, { ...endpoint, eventTypes: ["a", "a"] }, "body.eventTypes"],
  ["POST", `${app}/endpoint`, { ...endpoint, eventTypes: ["*"] }, "body.eventTypes.0"],
  ["POST", `${app}/endpoint`, { ...endpoint, filterTypes: [long(201)] }, "body.filterTypes.0"],
  ["POST", `${app}/endpoint`, { ...endpoint, channels: ["a b"] }, "body.channels.0"],
  ["POST", `${app}/endpoint`, { ...endpoint, channels: [long(129)] }, "body.channels.0"],
  ["POST", `${app}/endpoint`, { ...endpoint, channels: [..."0123456789a"] }, "body.channels"],
  ["POST", `${app}/endpoint`, { ...endpoint, disabled: "no" }, "body.disabled"],
  ["POST", `${app}/endpoint`, { ...endpoint, secret: "whsec_short" }, "body.secret"],
  ["POST", `${app}/endpoint`, { ...endpoint, secret: `whsec_${"*".repeat(32)}` }, "body.secret"],
  ["POST", `${app}/endpoint`, { ...endpoint, throttleRate: 10_001 }, "body.throttleRate"],
  ["POST", `${app}/endpoint`, { ...endpoint, description: long(4_001) }, "body.description"],
  ["POST", `${app}/endpoint`, { ...endpoint, headers: { host: "a" } }, "body.headers.host"],
  ["POST", `${app}/endpoint`, { ...endpoint, headers: { "svix-id": "a" } }, "body.headers.svix-id"],
  ["PUT", ep, {}, "body.url"],
  ["PUT", `${app}/endpoint/new`, { ...endpoint, uid: "other" }, "body.uid"],
  ["PATCH", ep, { url: "nowhere" }, "body.url"],
  ["PATCH", ep, { channels: [] }, "body.channels"],
  ["PATCH", ep, { description: "New", disabled: true, secret: "whsec_short" }, "body.secret"],
  ["PUT", `${ep}/headers`, {}, "body.headers"],
  ["PUT", `${ep}/headers`, { headers: { "x-a": 1 } }, "body.headers.x-a"],
  ["PATCH", `${ep}/headers`, { headers: { "x a": "1" } }, "body.headers.x a"],
  ["POST", `${ep}/secret/rotate`, { key: "whsec_short" }, "body.key"],
  ["POST", `${ep}/secret/rotate`, { gracePeriodSeconds: -1 }, "body.gracePeriodSeconds"],
  ["POST", `${ep}/secret/rotate`, { gracePeriodSeconds: 604_801 }, "body.gracePeriodSeconds"],
  ["POST", `${ep}/recover`, {}, "body.since"],
  ["POST", `${ep}/recover`, { since: "yesterday" }, "body.since"],
  ["POST", `${ep}/recover`, { since: "0000-01-01T00:00:00Z" }, "body.since"],
  ["POST", `${ep}/recover`, { since: "2026-02-30T00:00:00Z" }, "body.since"],
  [
    "POST",
    `${ep}/recover`,
    { since: "2026-01-02T00:00:00Z", until: "2026-01-01T00:00:00Z" },
    "body.until",
  ],
  ["POST", `${ep}/send-example`, {}, "body.eventType"],
  ["POST", `${ep}/send-example`, { eventType: "unknown" }, "body.eventType"],
  ["POST", "/event-type", { name: "a b", description: "" }, "body.name"],
  ["POST", "/event-type", { name: "a" }, "body.description"],
  ["POST", "/event-type", { name: "a", description: "", schemas: { x: {} } }, "body.schemas.x"],
  ["POST", "/event-type", { name: "a", description: "", schemas: { 1: 1 } }, "body.schemas.1"],
  [
    "POST",
    "/event-type",
    { name: "a", description: "", schemas: { 1: { type: "nothing" } } },
    "body.schemas",
  ],
  ["POST", `${app}/msg`, { eventType: "a" }, "body.payload"],
  ["POST", `${app}/msg`, { eventType: "a", payload: [] }, "body.payload"],
  ["POST", `${app}/msg`, { eventType: "a", payload: null }, "body.payload"],
  ["POST", `${app}/msg`, { eventType: "a", payload: { a: long(262_144) } }, "body.payload"],
  ["POST", `${app}/msg`, { payload: {} }, "body.eventType"],
  ["POST", `${app}/msg`, { ...message, eventType: long(201) }, "body.eventType"],
  ["POST", `${app}/msg`, { ...message, eventId: "a/b" }, "body.eventId"],
  ["POST", `${app}/msg`, { ...message, eventId: long(257) }, "body.eventId"],
  ["POST", `${app}/msg`, { ...message, channels: [] }, "body.channels"],
  ["POST", `${app}/msg`, { ...message, tags: ["a b"] }, "body.tags.0"],
  ["POST", `${app}/msg`, { ...message, deliverAt: "soon" }, "body.deliverAt"],
  ["POST", `${app}/msg`, { ...message, deliverAt: "0000-01-01T00:00:00Z" }, "body.deliverAt"],
  ["POST", `${app}/msg`, { ...message, deliverAt: "2999-01-01T00:00:00Z" }, "body.deliverAt"],
  ["POST", "/app/new/msg", { ...message, application: { name: "" } }, "body.application.name"],
  ["GET", "/app?limit=0", undefined, "query.limit"],
  ["GET", "/app?limit=ten", undefined, "query.limit"],
  ["GET", "/app?iterator=app", undefined, "query.iterator"],
  ["GET", "/app?order=up", undefined, "query.order"],
  ["GET", "/app?limit=1&limit=2", undefined, "query.limit"],
  ["GET", `${app}/msg?with_content=true&with_content=false`, undefined, "query.with_content"],
  ["GET", `${app}/msg?before=now`, undefined, "query.before"],
  ["GET", `${app}/msg?before=0000-01-01T00:00:00Z`, undefined, "query.before"],
  ["GET", `${app}/msg?after=0999-12-31T23:59:59`, undefined, "query.after"],
  ["GET", `${app}/attempt/endpoint/ep?before=0000-01-01T00:00:00Z`, undefined, "query.before"],
  ["GET", `${ep}/stats?until=0000-01-01T00:00:00Z`, undefined, "query.until"],
  ["GET", `${app}/attempt/endpoint/ep?status=4`, undefined, "query.status"],
  ["GET", `${app}/attempt/endpoint/ep?status_code_class=2xx`, undefined, "query.status_code_class"],
  ["GET", `${ep}/stats?since=never`, undefined, "query.since"],
])("%s %s with %j is 422 at %s, and stores nothing", async (method, path, body, loc) => {
  const before = await stored();
  const answer = await call(method, path, body, { headers: { "idempotency-key": "again" } });
  expect([answer.status, answer.text]).toEqual([422, expect.stringContaining('"loc"')]);
  const [first] = answer.body.detail as { loc: string[]; msg: string }[];
  expect([first?.loc.join("."), first?.msg]).toEqual([
    expect.stringMatching(`^${loc.replaceAll(".", "\\.")}`),
    expect.stringMatching(/\w+ \w+/),
  ]);
  expect(await stored()).toEqual(before);
});

test.each<
  [path: string, body: string, headers: Record<string, string>, status: number, code: string]
>([
  ["/app", "{", {}, 400, "bad_request"],
  ["/app", '{"name":"a"}', { "content-type": "text/plain" }, 415, "unsupported_media_type"],
  ["/app/none/msg", '{"eventType":"a","payload":{}}', {}, 404, "not_found"],
  ["/app/app/endpoint/none/secret/rotate", "{}", {}, 404, "not_found"],
])("POST %s with %s is told as code and detail: %j", async (path, body, headers, status, code) => {
  const before = await stored();
  const answer = await call("POST", path, body, { headers });
  expect([answer.status, answer.body]).toEqual([
    status,
    { code, detail: expect.stringMatching(/\w+ \w+/) },
  ]);
  expect(await stored()).toEqual(before);
});

test("an event type that an endpoint names is not archived, and nothing else of the request is done", async () => {
  const schemas = { 1: { type: "object" } };
  await call("POST", "/event-type", { name: "named", description: "Old", schemas });
  await call("POST", `${app}/endpoint`, { ...endpoint, eventTypes: ["named", "new"] });
  const before = await stored();
  const change = { description: "New", archived: true, schemas: { 2: { type: "string" } } };
  for (const [method, path, body] of [
    ["PATCH", "/event-type/named", change],
    ["PUT", "/event-type/named", change],
    ["PUT", "/event-type/new", change],
    ["POST", "/event-type", { ...change, name: "new" }],
  ] as const) {
    const answer = await call(method, path, body);
    expect([method, path, answer.status, answer.text]).toEqual([
      ...[method, path, 409],
      expect.stringContaining("is named by hooks"),
    ]);
    expect(await stored()).toEqual(before);
  }
});

test("an archived event type stays so when it is changed, also while an endpoint names it", async () => {
  await call("POST", "/event-type", { name: "past", description: "Old", archived: true });
  await call("POST", `${app}/endpoint`, { ...endpoint, eventTypes: ["past"] });
  const { body } = await call("PATCH", "/event-type/past", { description: "New" });
  expect(body).toMatchObject({ description: "New", archived: true });
});

test("a key does what its role may do: it reads, sends, sends again or changes", async () => {
  const [viewer, emitter, operator] = await Promise.all([
    keyOf(hub, "VIEWER"),
    keyOf(hub, "EMITTER"),
    keyOf(hub, "OPERATOR"),
  ]);
  const statusOf = async ({ key }: { key: string }, method: string, path: string, body?: object) =>
    (await call(method, path, body, { key })).status;
  const since = new Date().toISOString();
  const all = async (key: { key: string }) => [
    await statusOf(key, "GET", app),
    await statusOf(key, "GET", `${app}/msg`),
    await statusOf(key, "POST", `${app}/msg`, message),
    await statusOf(key, "POST", `${ep}/recover`, { since }),
    await statusOf(key, "POST", "/app", { name: "x", uid: "app" }),
    await statusOf(key, "GET", `${ep}/secret`),
    await statusOf(key, "GET", `${ep}/headers`),
  ];
  expect(await all(viewer)).toEqual([200, 200, 403, 403, 403, 403, 403]);
  expect(await all(emitter)).toEqual([403, 403, 202, 403, 403, 403, 403]);
  expect(await all(operator)).toEqual([200, 200, 403, 202, 403, 403, 403]);
  expect(await all(hub)).toEqual([200, 200, 202, 202, 409, 200, 200]);
  const named = { ...message, application: { name: "New" } };
  expect(await statusOf(emitter, "POST", "/app/by-message/msg", named)).toBe(403);
  expect(await statusOf(hub, "POST", "/app/by-message/msg", named)).toBe(202);
  expect(await statusOf(emitter, "POST", "/app/by-message/msg", named)).toBe(202);
});

test("what is another project's is not found", async () => {
  const { key } = await tenantOf(hub);
  for (const path of [app, ep, `${app}/msg`, `${ep}/secret`])
    expect([path, (await call("GET", path, undefined, { key })).status]).toEqual([path, 404]);
  expect((await call("GET", "/app", undefined, { key })).body).toMatchObject({
    data: [],
    done: true,
  });
});

test("a payload keeps every digit and the order of its keys", async () => {
  const payload = '{"2":9007199254740993,"1":1.0,"a":-0.50}';
  const sent = await call("POST", `${app}/msg`, `{"eventType":"a","payload":${payload}}`);
  expect(sent.status).toBe(202);
  expect(sent.text).toContain(`"payload":${payload}`);
  expect((await call("GET", `${app}/msg`)).text).toContain(`"payload":${payload}`);
});
