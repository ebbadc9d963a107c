import { beforeAll, beforeEach, expect, test } from "vitest";
import { install } from "../fixtures/catalog.ts";
import { type DoorCall, doorCall } from "../fixtures/doorCall.ts";
import { registerHook } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { type Receiver, receiver, status } from "../fixtures/receiver.ts";
import { created, registerType } from "../fixtures/resources.ts";
import { tenantOf } from "../fixtures/tenant.ts";

const ALL = "/api/rest/resthooks";
const QUERY = "/resthook-callbacks?callback_id=12345";

type RestHook = { id: string; eventName: string; targetUrl: string; triggeredCount: number };

let hub: TestHub;
let call: DoorCall;
let target: Receiver;
beforeAll(async () => {
  target = await receiver();
  hub = await testHub();
  call = doorCall(hub);
  return async () => {
    await hub[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
  };
});
beforeEach(() => {
  target.answer = status(200);
  target.requests.length = 0;
});

/** The document's body with another host. */
const example = (url = target.url) =>
  `{ "resthooks": [ { "eventName" : "ActionCreated", "targetUrl" : "${url}${QUERY}" } ] }`;

async function register(body: unknown = example()): Promise<RestHook & { secret: string }> {
  const answer = await call("POST", ALL, body);
  expect(answer.status).toBe(200);
  expect(answer.body.resthooks).toHaveLength(1);
  return answer.body.resthooks[0];
}
const one = async (id: string) => (await call("GET", `${ALL}/${id}`)).body.resthooks?.[0];
const remove = (id: string) => call("DELETE", `${ALL}/${id}`);
const typesOf = async (of: TestHub) =>
  (
    await of.run<{ eventTypes: { nodes: { name: string }[] } }>("{ eventTypes { nodes { name } } }")
  ).eventTypes.nodes.map(({ name }) => name);

test("S4.2, S4.3, S4.4: the document's POST registers a REST hook, in a project that has not got its events yet", async () => {
  const fresh = await tenantOf(hub, "Fresh");
  const own = { key: fresh.key };
  expect(await typesOf(fresh)).toEqual([]);
  // A bad target leaves nothing behind, not even the events.
  expect((await call("POST", ALL, example("ftp://x"), own)).status).toBe(422);
  expect(await typesOf(fresh)).toEqual([]);
  const answer = await call("POST", ALL, example(), own);
  expect(answer).toEqual({
    status: 200,
    body: {
      resthooks: [
        {
          id: expect.any(String),
          eventName: "ActionCreated",
          targetUrl: target.url + QUERY,
          status: "Active",
          triggeredCount: 0,
          triggeredLastTimestamp: null,
          secret: expect.stringMatching(/^whsec_/),
        },
      ],
    },
  });
  expect((await typesOf(fresh)).sort()).toEqual(["ActionCreated", "ParticipantCreated"]);
});

test("S4.1, S4.5, S4.9: it is sent the very resource that is created, for each of the document's two events", async () => {
  const hook = await register();
  const participants = await register({
    resthooks: [{ eventName: "ParticipantCreated", targetUrl: `${target.url}/people` }],
  });
  const attributes = { name: "a newly created action!" };
  await created(hub, { type: "actions", resourceId: "123", attributes });
  await created(hub, { type: "participants", resourceId: "7", attributes: { a: 1 } });
  await expect.poll(() => target.requests.length).toBe(2);
  const sent = target.requests.map(({ method, path, body }) => ({ method, path, body }));
  expect(sent.sort((a, b) => a.path.localeCompare(b.path))).toEqual([
    { method: "POST", path: "/people", body: '{"participants":[{"id":"7","a":1}]}' },
    {
      method: "POST",
      path: QUERY,
      body: '{"actions":[{"id":"123","name":"a newly created action!"}]}',
    },
  ]);
  const counted = { triggeredCount: 1, triggeredLastTimestamp: expect.any(String) };
  expect(await one(hook.id)).toMatchObject(counted);
  expect(await one(hook.id)).not.toHaveProperty("secret");
  await Promise.all([remove(hook.id), remove(participants.id)]);
});

test("S4.6: a target that answers 401 ends its REST hook", async () => {
  const { id } = await register();
  target.answer = status(401);
  await created(hub, { type: "actions", attributes: {} });
  await expect.poll(async () => (await call("GET", `${ALL}/${id}`)).status).toBe(404);
  expect(target.requests).toHaveLength(1);
});

test("S4.7: DELETE ends a REST hook, once", async () => {
  const { id } = await register();
  expect(await remove(id)).toEqual({ status: 204, body: null });
  for (const method of ["GET", "DELETE"])
    expect(await call(method, `${ALL}/${id}`)).toEqual({
      status: 404,
      body: {
        message: `there is no REST hook ${id}`,
        errors: [
          {
            ...{ status: "404", code: "NOT_FOUND" },
            ...{ detail: `there is no REST hook ${id}`, source: { pointer: "/id" } },
          },
        ],
      },
    });
  await created(hub, { type: "actions", attributes: {} });
  expect(target.requests).toEqual([]);
});

test("S4.8: PUT changes the target or the event, and the count stays", async () => {
  const { id, eventName } = await register();
  await created(hub, { type: "actions", attributes: {} });
  await expect.poll(() => target.requests.length).toBe(1);
  const targetUrl = `${target.url}/some-other-resthook-callback-url?callback_id=12345`;
  const changed = await call("PUT", `${ALL}/${id}`, { resthooks: [{ id, eventName, targetUrl }] });
  expect(changed).toMatchObject({
    status: 200,
    body: { resthooks: [{ id, eventName, targetUrl, triggeredCount: 1 }] },
  });
  await created(hub, { type: "actions", attributes: {} });
  await expect.poll(() => target.requests.length).toBe(2);
  expect(target.requests[1]?.path).toBe("/some-other-resthook-callback-url?callback_id=12345");
  // What a GET answers can be sent back, and as JSON:API does, with one hook that is no list.
  const shown = { ...(await one(id)), eventName: "ParticipantCreated" };
  const headers = { "content-type": "application/vnd.api+json" };
  const body = JSON.stringify({ resthooks: shown });
  expect((await call("PUT", `${ALL}/${id}`, body, { headers })).status).toBe(200);
  expect(await one(id)).toMatchObject({ eventName: "ParticipantCreated", targetUrl });
  await remove(id);
});

test("the list has the REST hooks alone, oldest first, page by page", async () => {
  await registerHook(hub, { url: target.url, types: ["ActionCreated"] });
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) ids.push((await register()).id);
  const list = async (query = "") => {
    const { status: code, body } = await call("GET", ALL + query);
    expect(code).toBe(200);
    return {
      ids: body.resthooks.map(({ id }: RestHook) => id),
      paging: body.meta.paging.resthooks,
    };
  };
  const whole = { recordCount: 3, pageCount: 1, page: 1, pageSize: 50, prevPage: null };
  expect(await list()).toEqual({ ids, paging: { ...whole, nextPage: null } });
  const first = { ...whole, pageCount: 2, pageSize: 2 };
  expect(await list("?pageSize=2")).toEqual({
    ids: ids.slice(0, 2),
    paging: { ...first, nextPage: 2 },
  });
  expect(await list("?pageSize=2&page=2")).toEqual({
    ids: ids.slice(2),
    paging: { ...first, page: 2, prevPage: 1, nextPage: null },
  });
  expect((await list("?page=9")).ids).toEqual([]);
  for (const query of ["page=0", "page=x", "pageSize=201", "page=1&page=2", "eventName=a"]) {
    const { status: code, body } = await call("GET", `${ALL}?${query}`);
    const [name] = query.split("=");
    expect([code, body.message]).toEqual([422, expect.stringContaining(`'${name}'`)]);
  }
  await Promise.all(ids.map(remove));
});

test("S4.2, S4.8, S4.9: what is wrong is told with its place, and nothing is stored or changed", async () => {
  const { id } = await register();
  const hooks = async () => (await call("GET", ALL)).body.resthooks;
  const before = await hooks();
  const good = { eventName: "ActionCreated", targetUrl: target.url };
  const refused = async (method: string, path: string, body: unknown, at: string, text: string) => {
    const answer = await call(method, path, body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          detail: expect.stringContaining(text),
          source: { pointer: at },
        }),
      ]),
    );
    expect(answer.body.message).toContain(text);
  };
  const post = (hook: unknown, at: string, text: string) =>
    refused("POST", ALL, { resthooks: [hook] }, `/resthooks/0${at}`, text);
  const put = (hook: unknown, at: string, text: string) =>
    refused("PUT", `${ALL}/${id}`, { resthooks: [hook] }, `/resthooks/0${at}`, text);
  await post(
    { ...good, eventName: "TaskCreated" },
    "/eventName",
    "unsupported event 'TaskCreated'",
  );
  await post({ ...good, eventName: "actioncreated" }, "/eventName", "unsupported event");
  await post({ ...good, eventName: "*" }, "/eventName", "unsupported event '*'");
  await post({ ...good, eventName: "" }, "/eventName", "'resthooks.0.eventName' must not be empty");
  await post({ targetUrl: target.url }, "/eventName", "field 'resthooks.0.eventName' is required");
  await post({ eventName: "ActionCreated" }, "/targetUrl", "'resthooks.0.targetUrl' is required");
  await post(
    { ...good, targetUrl: 1 },
    "/targetUrl",
    "'resthooks.0.targetUrl' must be a string, not 1",
  );
  await post({ ...good, targetUrl: "ftp://x" }, "/targetUrl", "http");
  await post({ ...good, targetUrl: "http://10.0.0.1/" }, "/targetUrl", "10.0.0.1");
  await post({ ...good, url: "x" }, "/url", "is unknown; known are eventName, targetUrl");
  await post("x", "", "field 'resthooks.0' must be an object");
  await post(null, "", "field 'resthooks.0' must be an object, not null");
  await put({ ...good, eventName: "TaskCreated" }, "/eventName", "unsupported event 'TaskCreated'");
  await put({ targetUrl: "ftp://x" }, "/targetUrl", "http");
  await put({ ...good, id: "42" }, "/id", "cannot be changed");
  await put({ ...good, status: "Disabled" }, "/status", "cannot be changed: it is 'Active'");
  await put({ id }, "", "nothing to change");
  for (const list of [[], [good, good]])
    await refused(
      "POST",
      ALL,
      { resthooks: list },
      "/resthooks",
      "must be a list of one REST hook",
    );
  await refused("POST", ALL, { resthook: [good] }, "/resthook", "is unknown; known are resthooks");
  for (const body of ["{", ""]) expect((await call("POST", ALL, body)).status).toBe(400);
  const form = { "content-type": "application/x-www-form-urlencoded" };
  expect((await call("POST", ALL, example(), { headers: form })).status).toBe(415);
  expect(await hooks()).toEqual(before);
  await remove(id);
});

test("an id that is none, or is of another project or of another hook, is not found", async () => {
  const { id } = await register();
  const stranger = await tenantOf(hub, "Stranger");
  const body = { resthooks: [{ targetUrl: `${target.url}/stolen` }] };
  const other = await registerHook(hub, { url: target.url, types: ["ActionCreated"] });
  for (const [path, key] of [
    [`${ALL}/42`, hub.key],
    [`${ALL}/${other}`, hub.key],
    [`${ALL}/${id}`, stranger.key],
  ] as const) {
    for (const method of ["GET", "PUT", "DELETE"])
      expect((await call(method, path, method === "PUT" ? body : undefined, { key })).status).toBe(
        404,
      );
  }
  expect((await one(id)).targetUrl).toBe(target.url + QUERY);
  expect((await call("GET", ALL, undefined, { key: stranger.key })).body.resthooks).toEqual([]);
  const { key: viewer } = await keyOf(hub, "VIEWER");
  expect((await call("GET", `${ALL}/${id}`, undefined, { key: viewer })).status).toBe(200);
  expect((await call("POST", ALL, example(), { key: viewer })).status).toBe(403);
  expect((await call("DELETE", `${ALL}/${id}`, undefined, { key: viewer })).status).toBe(403);
  await remove(id);
});

test("S4.9: a project's own events of resources are supported too, and one that uses a name otherwise is told so", async () => {
  expect(await registerType(hub, { name: "tasks", createdEvent: "TaskMade" })).toEqual([]);
  const { id } = await register({ resthooks: [{ eventName: "TaskMade", targetUrl: target.url }] });
  await remove(id);
  const own = await tenantOf(hub, "Own");
  await own.run(
    'mutation { registerEventType(input: { name: "ActionCreated" }) { eventType { id } } }',
  );
  const { status: code, body } = await call("POST", ALL, example(), { key: own.key });
  expect([code, body.message]).toEqual([409, expect.stringContaining("must be archived first")]);
  expect((await install(hub, "actionstep")).userErrors).toEqual([]);
});
