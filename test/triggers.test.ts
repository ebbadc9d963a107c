import { afterAll, beforeAll, expect, test } from "vitest";
import { accepted, registerHook } from "./fixtures/emit.ts";
import { deliveryOf, tryRegister } from "./fixtures/hooks.ts";
import { type TestHub, testHub } from "./fixtures/hub.ts";
import { type Receiver, receiver, statuses } from "./fixtures/receiver.ts";

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

const sent = (type: string) => target.requests.filter(({ body }) => JSON.parse(body).type === type);

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

test("S3.9, S3.10: a POST of application/json whose body has exactly the document's six keys", async () => {
  await registerHook(hub, { url: target.url, types: ["my-custom-event"] });
  const { id, source } = await accepted<{ id: string; source: string }>(
    hub,
    {
      type: "my-custom-event",
      data: { a: [1] },
      occurredAt: "2026-01-31T12:00:00.5Z",
      waitMs: 15_000,
    },
    "id source",
  );
  const [request] = sent("my-custom-event");
  expect([request?.method, request?.headers["content-type"]]).toEqual(["POST", "application/json"]);
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
