import { afterAll, beforeAll, expect, test } from "vitest";
import { createProject } from "../../src/domain/project/project.ts";
import { accepted, registerHook } from "../fixtures/emit.ts";
import { deliveryOf, tryRegister } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver, statuses } from "../fixtures/receiver.ts";

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
const sent = (type: string) => target.requests.filter(({ body }) => JSON.parse(body).type === type);

test("S3.1: an event of any type waits in the queue until something runs that delivers, and is tried until it arrives", async () => {
  await using accepting = await testHub({ roles: { api: true, worker: false } });
  await using fickle = await receiver(statuses(503, 500, 200));
  const hook = { url: fickle.url, types: ["never registered"], retryScheduleMs: [100] };
  await registerHook(accepting, hook);
  const { id, status } = await accepted(accepting, { type: "never registered", data: { n: 1 } });
  expect([status, (await deliveryOf(accepting, id)).status]).toEqual(["DISPATCHED", "PENDING"]);
  expect(fickle.requests).toEqual([]);
  const roles = { api: false, worker: true };
  await using _delivering = await testHub({ ...accepting.settings, roles });
  const state = async () => (await deliveryOf(accepting, id)).status;
  await expect.poll(state, soon).toBe("SUCCEEDED");
  const { requestBody } = await deliveryOf(accepting, id);
  expect(fickle.requests.map(({ body }) => body)).toEqual(Array(3).fill(requestBody));
});

test.each(["welcome-email", "Welcome e-mail (new)", "🎉 party — 世界", "x".repeat(200)])(
  "S3.2: a trigger is named %j, of a type with the same characters, and the name is unique",
  async (name) => {
    const hook = { url: target.url, name, types: [name] };
    await registerHook(hub, hook);
    const { userErrors } = await tryRegister(hub, hook);
    expect(userErrors).toMatchObject([{ code: "NAME_TAKEN", path: ["name"] }]);
    const { hookByName } = await hub.run(
      "query ($name: String!) { hookByName(name: $name) { name types } }",
      { name },
    );
    expect(hookByName).toEqual({ name, types: [name] });
    await accepted(hub, { type: name, waitMs: 15_000 });
    expect(sent(name).length).toBe(1);
  },
);

test("S3.3: 3 retries and 5000 ms are the defaults", async () => {
  const id = await registerHook(hub, { url: target.url, types: ["defaults"] });
  const { hook } = await hub.run("query ($id: ID!) { hook(id: $id) { retries timeoutMs } }", {
    id,
  });
  expect(hook).toEqual({ retries: 3, timeoutMs: 5_000 });
});

test("S3.4: an event is triggered by hand, over HTTP, and for later", async () => {
  const type = "three ways";
  const id = await registerHook(hub, { url: target.url, types: [type] });
  const dataOf = () => sent(type).map(({ body }) => JSON.parse(body).data);
  await hub.run(
    `mutation ($id: ID!) { triggerHook(id: $id, data: "by hand") { userErrors { message } } }`,
    { id },
  );
  await accepted(hub, { type, data: "over HTTP" });
  const timestamp = Date.now() + 300;
  await accepted(hub, { type, data: "for later", timestamp });
  await expect.poll(() => dataOf().sort(), soon).toEqual(["by hand", "for later", "over HTTP"]);
  const later = sent(type).find(({ body }) => body.includes("for later"));
  expect(later?.at).toBeGreaterThanOrEqual(timestamp);
});

test("S3.5: a POST queues an event for the project of its key, and for no other", async () => {
  const type = "of a project";
  const { key } = await createProject(hub.db.sql, "Another");
  await registerHook(hub, { url: `${target.url}/ours`, types: [type] });
  await registerHook(hub, { url: `${target.url}/theirs`, types: [type] }, key);
  const body = JSON.stringify({
    query: `mutation ($type: String!) { emitEvent(input: { type: $type, waitMs: 15000 }) {
      event { status } userErrors { message } } }`,
    variables: { type },
  });
  const post = async (authorization: string) => {
    const headers = { "content-type": "application/json", authorization };
    const response = await fetch(`${hub.url}/graphql`, { method: "POST", headers, body });
    return { status: response.status, ...(await response.json()) };
  };
  expect(await post(`bearer ${key}`)).toEqual({
    status: 200,
    data: { emitEvent: { event: { status: "PROCESSED" }, userErrors: [] } },
  });
  expect(sent(type).map(({ path }) => path)).toEqual(["/theirs"]);
  expect((await post(`bearer ${key}x`)).status).toBe(401);
});

test("S3.8: the trigger of one hook emits its type with the data given, and every hook of the type fires", async () => {
  const types = ["pressed"];
  const id = await registerHook(hub, { url: `${target.url}/one`, types });
  await registerHook(hub, { url: `${target.url}/two`, types });
  await registerHook(hub, { url: `${target.url}/other`, types: ["pressed.not"] });
  const { triggerHook } = await hub.run(
    `mutation ($id: ID!) { triggerHook(id: $id, data: { to: "ann" }, waitMs: 15000) {
      event { type origin status data } userErrors { message } } }`,
    { id },
  );
  expect(triggerHook).toEqual({
    event: { type: "pressed", origin: "MANUAL", status: "PROCESSED", data: { to: "ann" } },
    userErrors: [],
  });
  expect(
    sent("pressed")
      .map(({ path }) => path)
      .sort(),
  ).toEqual(["/one", "/two"]);
});

/** An event, and the request by which a hook of its type was told of it. */
async function told(type: string) {
  await registerHook(hub, { url: target.url, types: [type] });
  const { id, source } = await accepted<{ id: string; source: string }>(
    hub,
    { type, data: { a: [1] }, occurredAt: "2026-01-31T12:00:00.5Z", waitMs: 15_000 },
    "id source",
  );
  return { id, source, request: sent(type)[0] };
}

test("S3.9: it is a POST with Content-Type application/json", async () => {
  const { request } = await told("headed");
  expect([request?.method, request?.headers["content-type"]]).toEqual(["POST", "application/json"]);
});

test("S3.10: the body has exactly the document's six keys", async () => {
  const { id, source, request } = await told("my-custom-event");
  expect(request?.body).toBe(
    `{"specversion":"1.0-rc1","id":"${id}","type":"my-custom-event","source":"${source}",` +
      '"time":"2026-01-31T12:00:00.500Z","data":{"a":[1]}}',
  );
});

test("S3.11: any 2xx is success; any other status is tried again, with the same body", async () => {
  await using fickle = await receiver(statuses(500, 404, 302, 204));
  await registerHook(hub, { url: fickle.url, types: ["tried"], retryScheduleMs: [100] });
  const { id, status } = await accepted(hub, { type: "tried", waitMs: 15_000 });
  expect(status).toBe("PROCESSED");
  const { attempts, requestBody } = await deliveryOf(hub, id);
  expect(attempts.map(({ statusCode }) => statusCode)).toEqual([500, 404, 302, 204]);
  expect(fickle.requests.map(({ body }) => body)).toEqual(Array(4).fill(requestBody));
});

test("S3.11: after four calls without success it FAILED", async () => {
  await using broken = await receiver(statuses(500));
  await registerHook(hub, { url: broken.url, types: ["failing"], retryScheduleMs: [100] });
  const { status } = await accepted(hub, { type: "failing", waitMs: 15_000 });
  expect([status, broken.requests.length]).toEqual(["FAILED", 4]);
});

test("a name that no hook can have is not found", async () => {
  for (const name of ["a\u0000b", "", "😀".repeat(300)]) {
    const query = "query ($name: String!) { hookByName(name: $name) { id } }";
    expect(await hub.run(query, { name })).toEqual({ hookByName: null });
  }
});
