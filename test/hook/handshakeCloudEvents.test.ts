import { beforeAll, beforeEach, expect, test } from "vitest";
import { change, emit, emitMany, hookOf, register, update } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver, status } from "../fixtures/receiver.ts";

let hub: TestHub;
let target: Receiver;
let host: string;
beforeAll(async () => {
  hub = await testHub();
  host = new URL(hub.url).host;
  target = await receiver();
  return async () => {
    await hub[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
  };
});
beforeEach(() => {
  target.answer = consent();
  target.requests.length = 0;
});

const soon = { timeout: 60_000 };
/** Answers OPTIONS so, and everything else with 200. */
const consent =
  (headers: Record<string, string> = { "WebHook-Allowed-Origin": "*" }, code = 200) =>
  (...[request, response]: Parameters<Receiver["answer"]>) =>
    request.method === "OPTIONS"
      ? status(code, headers)(request, response)
      : status(200)(request, response);
const asking = (input: object = {}) =>
  register(hub, { url: `${target.url}/hook?a=1`, verification: "CLOUD_EVENTS", ...input });
const becomes = (id: string, expected: string) =>
  expect.poll(async () => (await hookOf(hub, id)).status, soon).toBe(expected);
const says = (id: string, reason: RegExp) =>
  expect.poll(async () => (await hookOf(hub, id)).statusReason, soon).toMatch(reason);
const allowedPerMinute = async (id: string) => {
  const { hook } = await hub.run<{ hook: { allowedPerMinute: number | null } }>(
    "query ($id: ID!) { hook(id: $id) { allowedPerMinute } }",
    { id },
  );
  return hook.allowedPerMinute;
};

test("the target is asked by one OPTIONS that names this hub, as is every delivery after it", async () => {
  const { id } = await asking();
  await becomes(id, "ACTIVE");
  expect(target.requests).toMatchObject([
    { method: "OPTIONS", path: "/hook?a=1", body: "", headers: { "webhook-request-origin": host } },
  ]);
  await emit(hub);
  expect(target.requests[1]).toMatchObject({
    method: "POST",
    headers: { "webhook-request-origin": host },
  });
  expect(await allowedPerMinute(id)).toBeNull();
  await change(hub, "deleteHook", id);
  const plain = await register(hub, { url: target.url });
  await emit(hub);
  expect(target.requests[2]?.headers["webhook-request-origin"]).toBeUndefined();
  await change(hub, "deleteHook", plain.id);
});

test("the hub is known by the host of its public URL", async () => {
  await using api = await testHub({ roles: { api: true, worker: false } });
  const roles = { api: false, worker: true };
  await using _worker = await testHub({
    ...api.settings,
    roles,
    publicUrl: "https://hub.example.com/signalbox",
  });
  target.answer = consent({ "WebHook-Allowed-Origin": "HUB.example.com" });
  const { id } = await register(api, { url: target.url, verification: "CLOUD_EVENTS" });
  await expect.poll(async () => (await hookOf(api, id)).status, soon).toBe("ACTIVE");
  expect(target.requests[0]?.headers["webhook-request-origin"]).toBe("hub.example.com");
});

test.each([
  ["the host", () => host, 200],
  ["the name without the port", () => "127.0.0.1", 204],
  ["anybody", () => "*", 405],
])("consent for %s counts, whatever the status", async (_, origin, code) => {
  target.answer = consent({ "WebHook-Allowed-Origin": origin() }, code);
  const { id } = await asking();
  await becomes(id, "ACTIVE");
  await change(hub, "deleteHook", id);
});

test.each([
  [{}, /200 without WebHook-Allowed-Origin, where '127.0.0.1:\d+' or '\*' is asked for/],
  [{ "webhook-allowed-origin": "other.example" }, /with WebHook-Allowed-Origin for another/],
  [{ "webhook-allowed-origin": "*", "webhook-allowed-rate": "0" }, /WebHook-Allowed-Rate/],
  [{ "webhook-allowed-origin": "*", "webhook-allowed-rate": "many" }, /WebHook-Allowed-Rate/],
])(
  "a target that does not consent receives nothing, until it is asked again: %#",
  async (headers, reason) => {
    target.answer = consent(headers);
    const { id } = await asking();
    await says(id, reason);
    await emit(hub);
    expect(target.requests.length).toBe(1);
    const { userErrors } = await change(hub, "confirmHook", id, ', secret: "x"');
    expect(userErrors).toMatchObject([
      {
        code: "NOT_ALLOWED_NOW",
        message: expect.stringContaining("updateHook(url)"),
        path: ["id"],
      },
    ]);
    target.answer = consent();
    expect(await update(hub, id, { url: `${target.url}/hook?a=1` })).toEqual([]);
    await becomes(id, "ACTIVE");
    await change(hub, "deleteHook", id);
  },
);

test("the rate a minute that the target allows holds, below one a second too, and beside the owner's own", async () => {
  target.answer = consent({ "webhook-allowed-origin": "*", "webhook-allowed-rate": "120" });
  const { id } = await asking({ types: ["slow"], rateLimitPerSecond: 1_000 });
  await becomes(id, "ACTIVE");
  expect(await allowedPerMinute(id)).toBe(120);
  target.requests.length = 0;
  await emitMany(hub, Array(4).fill({ type: "slow" }));
  await expect.poll(() => target.requests.length, soon).toBe(4);
  const [first, , , last] = target.requests.map(({ at }) => at);
  // Three waits of 500 ms, less the tolerance of 100 ms.
  expect((last ?? 0) - (first ?? 0)).toBeGreaterThan(1_300);

  target.answer = consent({ "webhook-allowed-origin": "*", "webhook-allowed-rate": "30" });
  const slower = await asking({ types: ["slower"] });
  await becomes(slower.id, "ACTIVE");
  target.requests.length = 0;
  await emitMany(hub, Array(2).fill({ type: "slower" }));
  await expect.poll(() => target.requests.length, soon).toBe(2);
  const [one, two] = target.requests.map(({ at }) => at);
  expect((two ?? 0) - (one ?? 0)).toBeGreaterThan(1_800);
});
