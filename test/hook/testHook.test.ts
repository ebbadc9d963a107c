import { afterAll, beforeAll, expect, test } from "vitest";
import { change, deliveryOf, register, type UserError } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { type Receiver, receiver, status, statuses } from "../fixtures/receiver.ts";
import { created, typeWithEvents } from "../fixtures/resources.ts";
import { rest, told } from "../fixtures/rest.ts";

let hub: TestHub;
let target: Receiver;
beforeAll(async () => {
  hub = await testHub();
  target = await receiver();
  await hub.run(
    `mutation ($input: RegisterEventTypeInput!) { registerEventType(input: $input) { userErrors { message } } }`,
    { input: { name: "order.paid", schema: { amount: "number" }, example: { amount: 12.5 } } },
  );
  await hub.run(
    `mutation { registerEventType(input: { name: "bare" }) { userErrors { message } } }`,
  );
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

type Tested = {
  delivery: { id: string; status: string; hook: { id: string }; event: Event } | null;
  userErrors: UserError[];
};
type Event = { id: string; type: string; origin: string; data: unknown; userId: string | null };

async function send(id: string, input: object = {}, key?: string): Promise<Tested> {
  const { testHook } = await hub.run<{ testHook: Tested }>(
    `mutation ($id: ID!, $type: String, $data: JSON, $waitMs: Int) {
      testHook(id: $id, type: $type, data: $data, waitMs: $waitMs) {
        delivery { id status hook { id } event { id type origin data userId } }
        userErrors { code message path }
      }
    }`,
    { id, waitMs: 15_000, ...input },
    key,
  );
  return testHook;
}
const mistakeOf = async (tested: Promise<Tested>) => {
  const { delivery, userErrors } = await tested;
  expect(delivery).toBeNull();
  return userErrors.map(({ code, path }) => `${code} ${path.join(".")}`).join();
};
const received = (event: string) =>
  target.requests.filter(({ headers }) => headers["webhook-id"] === event);
const eventsStored = async () =>
  (await hub.db.sql<{ n: number }[]>`select count(*)::int as n from signalbox.events`)[0]?.n;

test("reaches this hook alone, with the example of its type and the header signalbox-test", async () => {
  const { id } = await register(hub, {
    ...{ url: `${target.url}/one`, types: ["order.*", "order.paid"], userId: "ann" },
    filter: "event.data.amount > 1000",
  });
  await register(hub, { url: `${target.url}/other`, types: ["order.paid"] });
  const { delivery, userErrors } = await send(id);
  expect(userErrors).toEqual([]);
  expect(delivery).toMatchObject({
    status: "SUCCEEDED",
    hook: { id },
    event: { type: "order.paid", origin: "TEST", data: { amount: 12.5 }, userId: "ann" },
  });
  const requests = received(delivery?.event.id ?? "");
  expect(requests.map(({ path }) => path)).toEqual(["/one"]);
  expect(requests[0]?.headers["signalbox-test"]).toBe("true");
});

test("sends other data of any type, also null, which the hook need not take", async () => {
  const { id } = await register(hub, { url: target.url, types: ["*"] });
  const { delivery } = await send(id, { type: "any thing", data: { n: 1 } });
  expect(delivery?.event).toMatchObject({ type: "any thing", data: { n: 1 } });
  expect((await send(id, { type: "any thing", data: null })).delivery?.event.data).toBeNull();
});

test("every attempt says that it is a test, after a restart and a retry too; other deliveries do not", async () => {
  await using own = await testHub({ roles: { api: true, worker: false } });
  await using fickle = await receiver(statuses(500, 500, 200));
  const { id } = await register(own, {
    ...{ url: fickle.url, types: ["t"], retries: 1, retryScheduleMs: [100] },
  });
  const { testHook } = await own.run<{ testHook: Tested }>(
    `mutation ($id: ID!) { testHook(id: $id, data: 1) {
      delivery { id status event { id } } userErrors { code message path } } }`,
    { id },
  );
  const event = testHook.delivery?.event.id ?? "";
  await using working = await testHub({ ...own.settings, roles: { api: true, worker: true } });
  const state = async () => (await deliveryOf(working, event)).status;
  await expect.poll(state, { timeout: 60_000 }).toBe("FAILED");
  await working.run("mutation ($id: ID!) { retryDelivery(id: $id) { userErrors { code } } }", {
    id: testHook.delivery?.id,
  });
  await expect.poll(state, { timeout: 60_000 }).toBe("SUCCEEDED");
  await working.run(
    `mutation { emitEvent(input: { type: "t", waitMs: 15000 }) { event { status } } }`,
  );
  expect(fickle.requests.map(({ headers }) => headers["signalbox-test"])).toEqual([
    ...["true", "true", "true"],
    undefined,
  ]);
});

test("streams and the feed of events do not show it", async () => {
  const { id } = await register(hub, { url: target.url, types: ["quiet"] });
  const cursor = (await (await rest(hub, "GET", "/v1/events")).json()) as { cursor: string };
  const { delivery } = await send(id, { data: 1 });
  await hub.run(`mutation { emitEvent(input: { type: "quiet", data: 2 }) { event { id } } }`);
  const page = await rest(hub, "GET", `/v1/events?types=quiet&wait=10&after=${cursor.cursor}`);
  const { items } = (await page.json()) as { items: { event: { data: unknown } }[] };
  expect(items.map(({ event }) => event.data)).toEqual([2]);
  const { event } = await hub.run<{ event: object }>(
    "query ($id: ID!) { event(id: $id) { origin why { reason } runs { nodes { id } } } }",
    { id: delivery?.event.id },
  );
  expect(event).toEqual({ origin: "TEST", why: [{ reason: "MATCHED" }], runs: { nodes: [] } });
});

test.each<[string, object, object, string]>([
  ["a hook with patterns alone and no type", { types: ["order.*"] }, {}, "INVALID type"],
  ["a type that is not registered, without data", { types: ["new"] }, {}, "INVALID data"],
  ["a type without an example", { types: ["*"] }, { type: "bare" }, "INVALID data"],
  ["an empty type", { types: ["a"] }, { type: "", data: 1 }, "INVALID type"],
  [
    "a type of 201 characters",
    { types: ["a"] },
    { type: "x".repeat(201), data: 1 },
    "INVALID type",
  ],
  [
    "data that do not fit the type",
    { types: ["order.paid"] },
    { data: { amount: "1" } },
    "DATA_INVALID data.amount",
  ],
  ["a wait below 0", { types: ["a"] }, { data: 1, waitMs: -1 }, "INVALID waitMs"],
  ["a wait over 15 s", { types: ["a"] }, { data: 1, waitMs: 15_001 }, "INVALID waitMs"],
  ["a paused hook", { types: ["a"], paused: true }, { data: 1 }, "NOT_ALLOWED_NOW id"],
  [
    "a hook that waits for consent",
    { types: ["a"], verification: "HOOK_SECRET" },
    { data: 1 },
    "NOT_ALLOWED_NOW id",
  ],
])("%s is refused, and nothing is stored", async (_, hook, input, expected) => {
  target.answer = status(202);
  const { id } = await register(hub, { url: target.url, ...hook });
  const before = await eventsStored();
  expect(await mistakeOf(send(id, input))).toBe(expected);
  expect(await eventsStored()).toBe(before);
  target.answer = status(200);
});

test("a hook that is of another project or unknown is not found", async () => {
  for (const unknown of ["", "x", "0198c0de-0000-7000-8000-000000000000"])
    expect(await mistakeOf(send(unknown, { data: 1 }))).toBe("NOT_FOUND id");
});

test("a deleted hook can be neither tested nor triggered", async () => {
  const { id } = await register(hub, { url: target.url, types: ["a"] });
  await change(hub, "deleteHook", id);
  expect(await mistakeOf(send(id, { data: 1 }))).toBe("NOT_ALLOWED_NOW id");
  const { triggerHook } = await hub.run<{ triggerHook: { userErrors: object[] } }>(
    "mutation ($id: ID!) { triggerHook(id: $id) { userErrors { code message path } } }",
    { id },
  );
  expect(triggerHook.userErrors).toEqual([
    { code: "NOT_ALLOWED_NOW", message: `hook ${id} is deleted`, path: ["id"] },
  ]);
});

test("a type that must be registered and is not is UNKNOWN_TYPE", async () => {
  await using strict = await testHub();
  await strict.run(
    `mutation { updateProject(input: { requireRegisteredTypes: true }) { userErrors { code } } }`,
  );
  const { id } = await register(strict, { url: target.url, types: ["new"] });
  const { testHook } = await strict.run<{ testHook: Tested }>(
    `mutation ($id: ID!) { testHook(id: $id, data: 1) { userErrors { code message path } } }`,
    { id },
  );
  expect(testHook.userErrors).toMatchObject([{ code: "UNKNOWN_TYPE", path: ["type"] }]);
});

test("an OPERATOR may test a hook, over REST too; an EMITTER and a VIEWER may not", async () => {
  const { id } = await register(hub, { url: target.url, types: ["order.paid"] });
  const operator = (await keyOf(hub, "OPERATOR")).key;
  expect((await send(id, {}, operator)).delivery?.status).toBe("SUCCEEDED");
  const path = `/v1/hooks/${id}/test`;
  const sent = await rest(hub, "POST", path, { key: operator, body: { waitMs: 15_000 } });
  expect([sent.status, await sent.json()]).toMatchObject([
    200,
    { hookId: id, status: "SUCCEEDED" },
  ]);
  for (const role of ["EMITTER", "VIEWER"]) {
    const { key } = await keyOf(hub, role);
    expect((await rest(hub, "POST", path, { key, body: {} })).status).toBe(403);
  }
  const post = (body: unknown) => told(rest(hub, "POST", path, { body }));
  expect(await post({ type: 1 })).toBe("422 INVALID type");
  expect(await post({ kind: "x" })).toBe("422 INVALID kind");
  expect(await post({ waitMs: 0.5 })).toBe("422 INVALID waitMs");
  expect(await post({ type: "order.refunded" })).toBe("422 INVALID data");
});

test("an OPERATOR pauses and resumes a hook, over REST too, and changes nothing else of it", async () => {
  const { id } = await register(hub, { url: target.url, types: ["a"] });
  const { key } = await keyOf(hub, "OPERATOR");
  const post = async (what: string) => {
    const answer = await rest(hub, "POST", `/v1/hooks/${id}/${what}`, { key });
    return [answer.status, ((await answer.json()) as { status: unknown }).status];
  };
  expect(await post("pause")).toEqual([200, "PAUSED"]);
  expect(await post("resume")).toEqual([200, "ACTIVE"]);
  for (const method of ["PATCH", "DELETE"])
    expect((await rest(hub, method, `/v1/hooks/${id}`, { key })).status).toBe(403);
});

test("a hook of format RESOURCE is sent the resource that the data name", async () => {
  await typeWithEvents(hub, "thing");
  await created(hub, { type: "thing", attributes: { size: 3 } });
  const { id } = await register(hub, {
    url: target.url,
    types: ["thingCreated"],
    format: "RESOURCE",
  });
  const { delivery, userErrors } = await send(id, { data: { id: "1" } });
  expect(userErrors).toEqual([]);
  const [request] = received(delivery?.event.id ?? "");
  expect(JSON.parse(request?.body ?? "")).toMatchObject({ thing: [{ id: "1", size: 3 }] });
  expect(request?.headers["signalbox-test"]).toBe("true");
  expect(await mistakeOf(send(id, { data: { id: "no such" } }))).toBe("NOT_ALLOWED_NOW ");
});
