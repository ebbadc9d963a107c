import { beforeAll, beforeEach, expect, test } from "vitest";
import { canonicalSchema } from "../../src/jsonSchema/schema.ts";
import { catalogOf, install } from "../fixtures/catalog.ts";
import { accepted } from "../fixtures/emit.ts";
import {
  change,
  deliveries,
  deliveryOf,
  hookOf,
  register,
  tryRegister,
  update as updateHook,
} from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver, status } from "../fixtures/receiver.ts";
import { create, created, resourceOf, typeWithEvents, update } from "../fixtures/resources.ts";
import { following, overSocket } from "../fixtures/subscription.ts";

let hub: TestHub;
let target: Receiver;
let other: Receiver;
beforeAll(async () => {
  target = await receiver();
  other = await receiver();
  hub = await testHub();
  expect((await install(hub, "actionstep")).userErrors).toEqual([]);
  return async () => {
    await hub[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
  };
});
beforeEach(() => {
  target.answer = status(200);
  target.requests.length = 0;
  other.requests.length = 0;
});

const soon = { timeout: 60_000 };
const restHook = (input: object = {}) =>
  register(hub, { url: target.url, types: ["ActionCreated"], format: "RESOURCE", ...input });
/** Ends a test's hooks, so that the next one's events find its own alone. */
const gone = (...ids: string[]) => Promise.all(ids.map((id) => change(hub, "deleteHook", id)));

test("S4.1, S4.5: a notification is the very resource that a GET answers, as soon as it is created", async () => {
  const { id } = await restHook();
  const attributes = { name: "a newly created action!", steps: [1, null, { a: "ü" }] };
  const { resource, event } = await created(hub, {
    type: "actions",
    resourceId: "123",
    attributes,
  });
  await expect.poll(() => target.requests.length, soon).toBe(1);
  const [request] = target.requests;
  expect(request?.method).toBe("POST");
  expect(request?.headers["content-type"]).toBe("application/json");
  expect(request?.body).toBe(
    '{"actions":[{"id":"123","name":"a newly created action!","steps":[1,null,{"a":"ü"}]}]}',
  );
  const got = await resourceOf(hub, "actions", "123");
  expect(JSON.parse(request?.body ?? "")).toEqual(got?.representation);
  expect(got).toEqual(resource);
  expect((await deliveryOf(hub, event.id)).requestBody).toBe(request?.body);
  expect(event).toMatchObject({
    type: "ActionCreated",
    origin: "REST",
    subject: { type: "actions", id: "123" },
    data: { id: "123", ...attributes },
  });
  await gone(id);
});

test("S4.2, S4.3: a target URL keeps its query string to the letter", async () => {
  const query = "/resthook-callbacks?callback_id=12345&x=%20+%C3%BC&&y=a%2Fb&=";
  const { id } = await restHook({ url: target.url + query });
  const { hook } = await hub.run<{ hook: object }>(
    "query ($id: ID!) { hook(id: $id) { id types url format unsubscribeOn triggeredCount verification } }",
    { id },
  );
  expect(hook).toEqual({
    id,
    types: ["ActionCreated"],
    url: target.url + query,
    format: "RESOURCE",
    unsubscribeOn: [401, 410],
    triggeredCount: 0,
    verification: "NONE",
  });
  await created(hub, { type: "actions" });
  await expect.poll(() => target.requests.map(({ path }) => path), soon).toEqual([query]);
  await gone(id);
});

test("S4.4: a hook's triggered count begins at 0 and counts what it was sent, not the tries", async () => {
  const { id } = await restHook({ retryScheduleMs: [100] });
  expect(await hookOf(hub, id)).toMatchObject({ triggeredCount: 0, lastTriggeredAt: null });
  target.answer = (request, response) =>
    status(target.requests.indexOf(request) === 0 ? 500 : 200)(request, response);
  await created(hub, { type: "actions" });
  await created(hub, { type: "participants" });
  await expect.poll(async () => (await hookOf(hub, id)).succeededCount, soon).toBe(1);
  expect(target.requests.length).toBe(2);
  expect((await hookOf(hub, id)).triggeredCount).toBe(1);
  await gone(id);
});

test.each([401, 410])(
  "S4.6: a target that answers %i ends its hook at once, and nobody else's",
  async (code) => {
    await using updates = overSocket<{ hook: { status: string; statusReason: string } }>(
      hub,
      "subscription { hookUpdated { hook { status statusReason } } }",
    );
    await following(hub.url, 1);
    const { id } = await restHook({ retryScheduleMs: [60_000] });
    const bystander = await restHook({ url: other.url });
    target.answer = status(500);
    await created(hub, { type: "actions" });
    await expect
      .poll(async () => (await deliveries(hub, { hookId: id })).map((one) => one.status), soon)
      .toEqual(["RETRYING"]);
    target.answer = status(code);
    const { event } = await created(hub, { type: "actions" });
    await expect
      .poll(async () => (await deliveries(hub, { hookId: id })).map((one) => one.status), soon)
      .toEqual(["GONE", "CANCELLED"]);
    expect(await hookOf(hub, id)).toMatchObject({
      status: "DELETED",
      statusReason: `target answered ${code}`,
      triggeredCount: 2,
    });
    await expect
      .poll(() => updates.items.map(({ hook }) => hook), soon)
      .toContainEqual({ status: "DELETED", statusReason: `target answered ${code}` });
    const [ended] = await deliveries(hub, { hookId: id });
    expect(ended).toMatchObject({
      event: { id: event.id },
      attemptCount: 1,
      attempts: [{ outcome: "SUBSCRIBER_GONE", statusCode: code }],
    });
    await created(hub, { type: "actions" });
    await expect.poll(() => other.requests.length, soon).toBe(3);
    expect(await hookOf(hub, bystander.id)).toMatchObject({ status: "ACTIVE", triggeredCount: 3 });
    expect(target.requests.length).toBe(2);
    await gone(bystander.id);
  },
);

test("S4.6: a hook that was registered with other codes is ended by those alone", async () => {
  const { id } = await restHook({ unsubscribeOn: [404], retries: 0 });
  target.answer = status(401);
  await created(hub, { type: "actions" });
  await expect.poll(async () => (await hookOf(hub, id)).failedCount, soon).toBe(1);
  expect(await hookOf(hub, id)).toMatchObject({ status: "ACTIVE" });
  target.answer = status(404);
  await created(hub, { type: "actions" });
  await expect
    .poll(async () => (await hookOf(hub, id)).statusReason, soon)
    .toBe("target answered 404");
});

test("S4.7: a hook that was deleted is called no more", async () => {
  const { id } = await restHook();
  const kept = await restHook({ url: other.url });
  expect(await change(hub, "deleteHook", id)).toMatchObject({ hook: { status: "DELETED" } });
  await created(hub, { type: "actions" });
  await expect.poll(() => other.requests.length, soon).toBe(1);
  expect(target.requests).toEqual([]);
  await gone(kept.id);
});

test("S4.8: an updated hook goes to its new target, and keeps its count", async () => {
  const { id } = await restHook();
  await created(hub, { type: "actions" });
  await expect.poll(async () => (await hookOf(hub, id)).succeededCount, soon).toBe(1);
  const url = `${other.url}/some-other-resthook-callback-url?callback_id=12345`;
  expect(await updateHook(hub, id, { url, types: ["ParticipantCreated"] })).toEqual([]);
  expect(await hookOf(hub, id)).toMatchObject({ triggeredCount: 1, succeededCount: 1 });
  await created(hub, { type: "actions" });
  await created(hub, { type: "participants", resourceId: "7" });
  await expect.poll(() => other.requests.length, soon).toBe(1);
  expect(other.requests[0]).toMatchObject({
    path: "/some-other-resthook-callback-url?callback_id=12345",
    body: '{"participants":[{"id":"7"}]}',
  });
  expect(await hookOf(hub, id)).toMatchObject({ triggeredCount: 2 });
  expect(target.requests.length).toBe(1);
  await gone(id);
});

test("S4.9: the catalogue has the two documented events, each with its resource", async () => {
  const { types, installed } = await catalogOf(hub, "actionstep");
  expect([installed, types.map(({ name }) => name)]).toEqual([
    true,
    ["ActionCreated", "ParticipantCreated"],
  ]);
  for (const { jsonSchema } of types) expect(canonicalSchema(jsonSchema)).toEqual(jsonSchema);
  const found = await hub.run(`{
    action: eventType(name: "ActionCreated") { resourceType origin catalog }
    participant: eventType(name: "ParticipantCreated") { resourceType }
    resourceTypes { name createdEvent updatedEvent deletedEvent }
  }`);
  expect(found).toEqual({
    action: { resourceType: "actions", origin: "CATALOG", catalog: "actionstep" },
    participant: { resourceType: "participants" },
    resourceTypes: [
      { name: "actions", createdEvent: "ActionCreated", updatedEvent: null, deletedEvent: null },
      {
        name: "participants",
        createdEvent: "ParticipantCreated",
        updatedEvent: null,
        deletedEvent: null,
      },
    ],
  });
  for (const { name, example } of types) {
    expect(await accepted(hub, { type: name, data: example }, "typeVersion")).toEqual({
      typeVersion: 1,
    });
  }
});

test("S4.9: an event that no resource belongs to is refused by name, also in an update", async () => {
  const unsupported = (type: string, index: number) => ({
    code: "UNKNOWN_TYPE",
    message: expect.stringContaining(`unsupported event '${type}'`),
    path: ["types", String(index)],
  });
  const types = ["ActionDeleted", "ActionCreated", "*", "Action.*"];
  expect(await tryRegister(hub, { url: target.url, format: "RESOURCE", types })).toEqual({
    hook: null,
    secret: null,
    userErrors: [unsupported("ActionDeleted", 0), unsupported("*", 2), unsupported("Action.*", 3)],
  });
  const plain = await register(hub, { url: target.url, types: ["ActionDeleted"] });
  expect(await updateHook(hub, plain.id, { format: "RESOURCE" })).toEqual([
    unsupported("ActionDeleted", 0),
  ]);
  const { id } = await restHook();
  expect(await updateHook(hub, id, { types: ["actioncreated"] })).toEqual([
    unsupported("actioncreated", 0),
  ]);
  await gone(plain.id, id);
});

test("S4.9: the list grows with the resource types of a project's own", async () => {
  await typeWithEvents(hub, "filenotes");
  const { id } = await restHook({ types: ["filenotesCreated", "filenotesUpdated"] });
  await created(hub, { type: "filenotes", attributes: { text: "first" } });
  await update(hub, "filenotes", "1", { text: "second" });
  await expect
    .poll(() => target.requests.map(({ body }) => body).sort(), soon)
    .toEqual([
      '{"filenotes":[{"id":"1","text":"first"}]}',
      '{"filenotes":[{"id":"1","text":"second"}]}',
    ]);
  await gone(id);
});

test("S4.10: an action that is a legal matter has nothing of an action that is a button", async () => {
  const { resource } = await created(hub, { type: "actions", attributes: { buttonText: "Ban" } });
  const { event } = await create(hub, { type: "actions" });
  const { node } = await hub.run<{ node: { __typename: string } }>(
    "query ($id: ID!) { node(id: $id) { __typename } }",
    { id: resource.id },
  );
  expect(node).toEqual({ __typename: "Resource" });
  expect(event?.data).toEqual({ id: event?.subject?.id });
});
