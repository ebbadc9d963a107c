import { beforeAll, describe, expect, test } from "vitest";
import {
  change,
  deliveryOf,
  emit,
  hookOf,
  register,
  tryRegister,
  update,
} from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver, status } from "../fixtures/receiver.ts";

let hub: TestHub;
let target: Receiver;
beforeAll(async () => {
  target = await receiver();
  hub = await testHub();
  return async () => {
    await hub[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
  };
});

const url = "https://hooks.example.com/in";
const settingsOf = async (id: string) => {
  const { hook } = await hub.run<{ hook: Record<string, unknown> }>(
    `query ($id: ID!) { hook(id: $id) { name types url format filter userId retries timeoutMs retryScheduleMs
      headers unsubscribeOn finalStatuses maxInFlight rateLimitPerSecond status statusReason triggeredCount
      lastTriggeredAt succeededCount failedCount } }`,
    { id },
  );
  return hook;
};

describe("a hook", () => {
  test("that names its target and types alone has the documented defaults", async () => {
    const { id, secret } = await register(hub, { url });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(await settingsOf(id)).toEqual({
      name: null,
      types: ["a"],
      url,
      format: "CLOUD_EVENT",
      filter: null,
      userId: null,
      retries: 3,
      timeoutMs: 5_000,
      retryScheduleMs: null,
      headers: {},
      unsubscribeOn: [],
      finalStatuses: [413],
      maxInFlight: 16,
      rateLimitPerSecond: null,
      status: "ACTIVE",
      statusReason: null,
      triggeredCount: 0,
      lastTriggeredAt: null,
      succeededCount: 0,
      failedCount: 0,
    });
  });

  test.each([
    ["CLOUD_EVENT_STRUCTURED", [410]],
    ["CLOUD_EVENT_BINARY", [410]],
    ["CLOUD_EVENT", []],
    ["EVENT", []],
  ])("of %s is deleted by %j unless it says otherwise", async (format, expected) => {
    const { id } = await register(hub, { url, format });
    expect(await settingsOf(id)).toMatchObject({ unsubscribeOn: expected });
    const other = await register(hub, { url, format, unsubscribeOn: [404] });
    expect(await settingsOf(other.id)).toMatchObject({ unsubscribeOn: [404] });
  });

  test.each([
    { retries: 0 },
    { retries: 20 },
    { timeoutMs: 100 },
    { timeoutMs: 60_000 },
    { maxInFlight: 1 },
    { maxInFlight: 256 },
    { rateLimitPerSecond: 1 },
    { rateLimitPerSecond: 10_000 },
    { retryScheduleMs: [100, 86_400_000] },
    { finalStatuses: [300, 599] },
    { types: ["*", "ticket.*", "ticket.created"] },
    { name: "x".repeat(200) },
    { url: `${url}?${"x".repeat(2_048 - url.length - 1)}` },
  ])("may have %j", async (input) => {
    const { id } = await register(hub, { url, ...input });
    expect(await settingsOf(id)).toMatchObject(input);
    await change(hub, "deleteHook", id);
  });

  test.each([
    [{ retries: -1 }, "field 'retries' must be a whole number from 0 to 20", ["retries"]],
    [{ retries: 21 }, "field 'retries' must be a whole number from 0 to 20", ["retries"]],
    [
      { timeoutMs: 99 },
      "field 'timeoutMs' must be a whole number from 100 to 60000",
      ["timeoutMs"],
    ],
    [{ timeoutMs: 60_001 }, "from 100 to 60000", ["timeoutMs"]],
    [
      { maxInFlight: 0 },
      "field 'maxInFlight' must be a whole number from 1 to 256",
      ["maxInFlight"],
    ],
    [{ maxInFlight: 257 }, "from 1 to 256", ["maxInFlight"]],
    [{ rateLimitPerSecond: 0 }, "from 1 to 10000", ["rateLimitPerSecond"]],
    [{ rateLimitPerSecond: 10_001 }, "from 1 to 10000", ["rateLimitPerSecond"]],
    [
      { retryScheduleMs: [] },
      "field 'retryScheduleMs' must have a minimum of 1 items",
      ["retryScheduleMs"],
    ],
    [
      { retryScheduleMs: [1_000, 99] },
      "field 'retryScheduleMs[1]' must be a",
      ["retryScheduleMs", "1"],
    ],
    [{ retryScheduleMs: [86_400_001] }, "from 100 to 86400000", ["retryScheduleMs", "0"]],
    [{ unsubscribeOn: [200] }, "field 'unsubscribeOn[0]' must be a", ["unsubscribeOn", "0"]],
    [{ finalStatuses: [299] }, "number from 300 to 599", ["finalStatuses", "0"]],
    [{ finalStatuses: [413, 600] }, "number from 300 to 599", ["finalStatuses", "1"]],
    [{ types: [] }, "field 'types' must have a minimum of 1 items", ["types"]],
    [{ types: ["a", "b*"] }, "field 'types[1]' must be an exact type", ["types", "1"]],
    [{ types: ["*.a"] }, "field 'types[0]' must be an exact type", ["types", "0"]],
    [{ types: [""] }, "field 'types[0]' must not be empty", ["types", "0"]],
    [{ name: "" }, "field 'name' must not be empty", ["name"]],
    [{ name: "x".repeat(201) }, "must have at most 200 characters", ["name"]],
    [{ name: "a\nb" }, "must not contain control characters", ["name"]],
    [{ userId: "\0" }, "must not contain control characters", ["userId"]],
    [{ url: "hooks.example.com" }, "url is an absolute http or https URL", ["url"]],
    [{ url: `${url}${"x".repeat(2_048)}` }, "url has at most 2048 characters", ["url"]],
    [{ headers: { host: "x" } }, "header host is not yours to set", ["headers", "host"]],
    [{ headers: ["x"] }, "headers is an object", ["headers"]],
    [{ secret: "whsec_short" }, "secret is whsec_", ["secret"]],
    [{ secret: "" }, "secret is whsec_", ["secret"]],
  ])("may not have %j", async (input, message, path) => {
    const { hook, secret, userErrors } = await tryRegister(hub, { url, ...input });
    expect({ hook, secret }).toEqual({ hook: null, secret: null });
    expect(userErrors).toEqual([
      { code: "INVALID", message: expect.stringContaining(message), path },
    ]);
  });

  test("learns of all its mistakes at once", async () => {
    const { userErrors } = await tryRegister(hub, { url, retries: 99, filter: "1 +", headers: 3 });
    expect(userErrors.map(({ code, path }) => [code, path.join(".")])).toEqual([
      ["INVALID", "retries"],
      ["FILTER_INVALID", "filter"],
      ["INVALID", "headers"],
    ]);
  });

  test.each(["https://u:p@example.com/", "https://u@example.com/"])(
    "may not be called at %s",
    async (url) => {
      const { userErrors } = await tryRegister(hub, { url });
      expect(userErrors).toMatchObject([{ code: "TARGET_REFUSED", path: ["url"] }]);
    },
  );
});

describe("a hook's name", () => {
  test("is its own until it is deleted, and is found by it", async () => {
    const { id } = await register(hub, { url, name: "billing" });
    const taken = [
      {
        code: "NAME_TAKEN",
        message: "a hook named 'billing' exists already; names are unique in a project",
        path: ["name"],
      },
    ];
    expect((await tryRegister(hub, { url, name: "billing" })).userErrors).toEqual(taken);
    const other = await register(hub, { url });
    expect(await update(hub, other.id, { name: "billing" })).toEqual(taken);
    expect(await update(hub, id, { name: "billing", retries: 1 })).toEqual([]);
    const byName = `{ hookByName(name: "billing") { id } }`;
    expect(await hub.run(byName)).toEqual({ hookByName: { id } });
    await change(hub, "deleteHook", id);
    expect(await hub.run(byName)).toEqual({ hookByName: null });
    expect(await update(hub, other.id, { name: "billing" })).toEqual([]);
    expect(await hub.run(byName)).toEqual({ hookByName: { id: other.id } });
  });

  test("is given to one of many that ask for it at the same time", async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => tryRegister(hub, { url, name: "contested" })),
    );
    const codes = answers.map(({ userErrors }) => userErrors[0]?.code ?? "ok").sort();
    expect(codes).toEqual([...Array(9).fill("NAME_TAKEN"), "ok"]);
  });
});

test("a hook receives the types it names, by name, prefix or all of them", async () => {
  const paths = { "/exact": ["t.created"], "/prefix": ["t.*"], "/all": ["*"] };
  const ids = await Promise.all(
    Object.entries(paths).map(([path, types]) => register(hub, { url: target.url + path, types })),
  );
  const pathsOf = async (type: string) => {
    const { id } = await emit(hub, { type });
    return target.requests
      .filter(({ headers }) => headers["webhook-id"] === id)
      .map(({ path }) => path)
      .sort();
  };
  expect(await pathsOf("t.created")).toEqual(["/all", "/exact", "/prefix"]);
  expect(await pathsOf("t.created.twice")).toEqual(["/all", "/prefix"]);
  expect(await pathsOf("t.")).toEqual(["/all", "/prefix"]);
  expect(await pathsOf("t")).toEqual(["/all"]);
  expect(await pathsOf("tt.created")).toEqual(["/all"]);
  for (const { id } of ids) await change(hub, "deleteHook", id);
});

test("a hook of one user receives that user's events alone", async () => {
  const { id } = await register(hub, {
    url: `${target.url}/user`,
    types: ["scoped"],
    userId: "u1",
  });
  const mine = await emit(hub, { type: "scoped", userId: "u1" });
  await emit(hub, { type: "scoped", userId: "u2" });
  await emit(hub, { type: "scoped" });
  const seen = target.requests.filter(({ path }) => path === "/user");
  expect(seen.map(({ headers }) => headers["webhook-id"])).toEqual([mine.id]);
  expect(await hookOf(hub, id)).toMatchObject({ triggeredCount: 1, succeededCount: 1 });
});

test("a changed hook keeps its counters; the next attempt goes by its new settings, with the bytes it had", async () => {
  await using old = await receiver(status(500));
  const { id } = await register(hub, {
    url: old.url,
    types: ["changed"],
    headers: { "x-team": "old" },
    retryScheduleMs: [60_000],
  });
  const event = await emit(hub, { type: "changed", data: { n: 1 }, waitMs: 0 });
  await expect.poll(async () => (await deliveryOf(hub, event.id)).status).toBe("RETRYING");
  expect(
    await update(hub, id, {
      url: `${target.url}/new`,
      format: "EVENT",
      headers: { "x-team": "new" },
    }),
  ).toEqual([]);
  const { id: deliveryId } = await deliveryOf(hub, event.id);
  await hub.run(`mutation ($id: ID!) { retryDelivery(id: $id) { userErrors { code } } }`, {
    id: deliveryId,
  });
  await expect.poll(async () => (await deliveryOf(hub, event.id)).status).toBe("SUCCEEDED");
  const second = target.requests.find(({ path }) => path === "/new");
  expect(second?.headers).toMatchObject({ "x-team": "new", "signalbox-attempt": "2" });
  expect(second?.body).toBe(old.requests[0]?.body);
  expect((await deliveryOf(hub, event.id)).requestBody).toBe(second?.body);
  expect(await hookOf(hub, id)).toMatchObject({ triggeredCount: 1, succeededCount: 1 });
  const later = await emit(hub, { type: "changed", data: { n: 2 } });
  expect(JSON.parse((await deliveryOf(hub, later.id)).requestBody)).toMatchObject({
    type: "changed",
    n: 2,
  });
});

test("what a hook is not told to change stays, and null clears what may be absent", async () => {
  const given = {
    name: "cleared",
    filter: "true",
    userId: "u",
    retryScheduleMs: [100],
    rateLimitPerSecond: 5,
    headers: { accept: "text/plain" },
  };
  const { id } = await register(hub, { url, retries: 7, ...given });
  expect(await update(hub, id, { timeoutMs: 900 })).toEqual([]);
  expect(await settingsOf(id)).toMatchObject({ ...given, retries: 7, timeoutMs: 900 });
  const nothing = Object.fromEntries(Object.keys(given).map((key) => [key, null]));
  expect(await update(hub, id, { ...nothing, retries: null })).toEqual([]);
  expect(await settingsOf(id)).toMatchObject({ ...nothing, headers: {}, retries: 7 });
  expect(await update(hub, id, { maxInFlight: 0, url: "ftp://x" })).not.toEqual([]);
  expect(await settingsOf(id)).toMatchObject({ maxInFlight: 16, url });
});

test("a hook of another project is not found", async () => {
  const foreign = "0199c0de-0000-7000-8000-000000000001";
  for (const id of [foreign, "nonsense"]) {
    expect(await hub.run(`query ($id: ID!) { hook(id: $id) { id } }`, { id })).toEqual({
      hook: null,
    });
    for (const mutation of ["pauseHook", "resumeHook", "deleteHook", "rotateHookSecret"]) {
      expect((await change(hub, mutation, id)).userErrors).toMatchObject([
        { code: "NOT_FOUND", path: ["id"] },
      ]);
    }
    expect(await update(hub, id, { retries: 1 })).toMatchObject([
      { code: "NOT_FOUND", path: ["id"] },
    ]);
  }
});
