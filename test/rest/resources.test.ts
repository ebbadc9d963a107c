import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { type Receiver, receiver, status } from "../fixtures/receiver.ts";
import { answer, rest, told } from "../fixtures/rest.ts";
import { tenantOf } from "../fixtures/tenant.ts";

type Hook = { id: string; secret: string; status: string; url: string } & Record<string, unknown>;
type Delivery = { id: string; status: string; replayOf: string | null };
type List<Item> = { items: Item[]; cursor: string | null };

let hub: TestHub;
let stranger: TestHub;
let target: Receiver;
beforeAll(async () => {
  hub = await testHub();
  stranger = await tenantOf(hub);
  target = await receiver();
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

const call = (method: string, path: string, body?: unknown, by: TestHub = hub) =>
  rest(by, method, path, body === undefined ? {} : { body });
const get = <Body>(path: string, by?: TestHub) => answer<Body>(call("GET", path, undefined, by));
const register = (input: object) =>
  answer<Hook>(call("POST", "/v1/hooks", { url: target.url, types: ["never"], ...input }), 201);
const emit = (event: object) => answer<{ id: string }>(call("POST", "/v1/events", event), 201);

describe("hooks", () => {
  test("are registered, read, changed, paused, resumed and deleted, as in GraphQL", async () => {
    const created = await call("POST", "/v1/hooks", {
      url: `${target.url}/h`,
      types: ["order.*"],
      name: "Orders",
      format: "CLOUD_EVENT_BINARY",
      filter: "event.data.amount > 10",
      headers: { "x-team": "billing" },
      retries: 1,
      retryScheduleMs: [100],
      description: "What billing needs",
      channels: ["eu"],
      template: "{{ event.id }}",
      changed: ["price"],
      metadata: { team: "billing", budget: 1 },
    });
    expect(created.status).toBe(201);
    const { secret, ...hook } = (await created.json()) as Hook;
    expect(secret).toMatch(/^whsec_/);
    expect(created.headers.get("location")).toBe(`/v1/hooks/${hook.id}`);
    const { hook: inGraphql } = await hub.run<{ hook: object }>(
      `query ($id: ID!) { hook(id: $id) { id name types url format filter userId retries timeoutMs
        retryScheduleMs headers uid description metadata channels unsubscribeOn finalStatuses maxInFlight rateLimitPerSecond verification
        allowedPerMinute signature publicKey status statusReason health healthSince heldUntil disableAfter { failures hours } triggeredCount lastTriggeredAt succeededCount
        failedCount createdAt updatedAt orderBy onOrderFailure template templateContentType selection changed } }`,
      { id: hook.id },
    );
    expect(await get(`/v1/hooks/${hook.id}`)).toEqual(inGraphql);
    expect(hook).toMatchObject({ unsubscribeOn: [410], headers: { "x-team": "[redacted]" } });

    const path = `/v1/hooks/${hook.id}`;
    const refused = await call("PATCH", path, { template: "{{" });
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({
      errors: [{ code: "INVALID", path: ["template"] }],
    });
    const changed = await answer<Hook>(call("PATCH", path, { name: null, timeoutMs: 1_000 }));
    expect(changed).toMatchObject({ name: null, timeoutMs: 1_000, filter: hook.filter });
    expect(await answer(call("POST", `${path}/pause`))).toMatchObject({ status: "PAUSED" });
    expect(await answer(call("POST", `${path}/resume`))).toMatchObject({ status: "ACTIVE" });
    const rotated = await answer<Hook>(call("POST", `${path}/rotate-secret`, {}));
    expect([rotated.secret.startsWith("whsec_"), rotated.secret === secret]).toEqual([true, false]);
    expect((await call("DELETE", path)).status).toBe(204);
    expect((await call("DELETE", path)).status).toBe(204);
    expect(await get(path)).toMatchObject({ status: "DELETED" });
    expect(await told(call("PATCH", path, { name: "x" }))).toBe("409 NOT_ALLOWED_NOW id");
  });

  test("with ED25519 show a public key and no secret, and the secret that another signature makes", async () => {
    const made = await register({ signature: "ED25519" });
    const path = `/v1/hooks/${made.id}`;
    expect([made.signature, made.secret]).toEqual(["ED25519", null]);
    expect(made.publicKey).toMatch(/^whpk_/);
    const rotated = await answer<Hook>(call("POST", `${path}/rotate-secret`, {}));
    expect([rotated.publicKey === made.publicKey, rotated.secret]).toEqual([false, null]);
    const back = await answer<Hook>(call("PATCH", path, { signature: "HMAC_SHA256" }));
    expect([back.publicKey, back.secret.slice(0, 6)]).toEqual([null, "whsec_"]);
    expect(await answer(call("PATCH", path, { signature: null }))).not.toHaveProperty("secret");
    expect(await told(call("PATCH", path, { signature: "RSA" }))).toBe("422 INVALID signature");
  });

  test("take null for the default, and on a change for what they have", async () => {
    const settings = { format: null, retries: null, timeoutMs: null, unsubscribeOn: null };
    const { id } = await register({ ...settings, maxInFlight: null, headers: null, secret: null });
    const defaults = { format: "CLOUD_EVENT", retries: 3, timeoutMs: 5_000, maxInFlight: 16 };
    expect(await get(`/v1/hooks/${id}`)).toMatchObject(defaults);
    await answer(call("PATCH", `/v1/hooks/${id}`, { retries: 1, filter: "true" }));
    const changed = call("PATCH", `/v1/hooks/${id}`, { ...settings, url: null, filter: null });
    expect(await answer(changed)).toMatchObject({ ...defaults, retries: 1, filter: null });
  });

  test("are confirmed with the secret that their target was sent", async () => {
    target.answer = status(202);
    const { id, status: before } = await register({ verification: "HOOK_SECRET" });
    expect(before).toBe("PENDING_VERIFICATION");
    const secretOf = () =>
      target.requests.flatMap(({ headers }) => headers["x-hook-secret"] ?? []).at(-1);
    await expect.poll(secretOf).toBeDefined();
    const path = `/v1/hooks/${id}/confirm`;
    expect(await told(call("POST", path, { secret: "wrong" }))).toBe("422 INVALID secret");
    expect(await answer(call("POST", path, { secret: secretOf() }))).toMatchObject({
      status: "ACTIVE",
    });
    target.answer = status(200);
  });

  test("are listed page by page, by GraphQL's filters", async () => {
    const names = ["list a", "list b", "list c"];
    for (const name of names) await register({ name, types: ["list.x"] });
    const first = await get<List<Hook>>("/v1/hooks?type=list.x&limit=2");
    expect(first.items.map(({ name }) => name)).toEqual(["list c", "list b"]);
    const rest = await get<List<Hook>>(`/v1/hooks?type=list.x&first=2&after=${first.cursor}`);
    expect([rest.items.map(({ name }) => name), rest.cursor]).toEqual([["list a"], null]);
    expect((await get<List<Hook>>("/v1/hooks?search=LIST%20B")).items).toHaveLength(1);
    expect((await get<List<Hook>>("/v1/hooks?status=DELETED,PAUSED")).items).toHaveLength(1);
    expect((await get<List<Hook>>("/v1/hooks?isFailing=true")).items).toEqual([]);
  });

  test("can be registered as paused", async () => {
    expect(await register({ paused: true })).toMatchObject({ status: "PAUSED" });
    const both = { url: target.url, types: ["a"], paused: true, verification: "HOOK_SECRET" };
    expect(await told(call("POST", "/v1/hooks", both))).toBe("422 INVALID paused");
  });

  test.each([
    ["no url", { types: ["a"] }, "422 INVALID url"],
    ["no types", { url: "http://127.0.0.1:1/" }, "422 INVALID types"],
    [
      "a field that is unknown",
      { url: "http://127.0.0.1:1/", types: ["a"], urls: 1 },
      "422 INVALID urls",
    ],
    [
      "another kind of number",
      { url: "http://127.0.0.1:1/", types: ["a"], retries: "3" },
      "422 INVALID retries",
    ],
    [
      "a filter that is none",
      { url: "http://127.0.0.1:1/", types: ["a"], filter: "event." },
      "422 FILTER_INVALID filter",
    ],
    ["a private target", { url: "http://10.0.0.1/", types: ["a"] }, "422 TARGET_REFUSED url"],
    [
      "headers that are none",
      { url: "http://127.0.0.1:1/", types: ["a"], headers: "x" },
      "422 INVALID headers",
    ],
    [
      "a secret that is none",
      { url: "http://127.0.0.1:1/", types: ["a"], secret: "x" },
      "422 INVALID secret",
    ],
    [
      "another format",
      { url: "http://127.0.0.1:1/", types: ["a"], format: "XML" },
      "422 INVALID format",
    ],
  ])("with %s are refused, and nothing is stored", async (_what, input, problem) => {
    const count = async () => (await hub.db.sql`select 1 from signalbox.hooks`).length;
    const before = await count();
    expect(await told(call("POST", "/v1/hooks", input))).toBe(problem);
    expect(await count()).toBe(before);
  });

  test("have names of their own, and what is not there is told", async () => {
    await register({ name: "taken" });
    expect(
      await told(call("POST", "/v1/hooks", { url: target.url, types: ["a"], name: "taken" })),
    ).toBe("409 NAME_TAKEN name");
    for (const id of ["nothing", "00000000-0000-7000-8000-000000000000"]) {
      expect(await told(call("GET", `/v1/hooks/${id}`))).toBe("404 NOT_FOUND id");
      expect(await told(call("PATCH", `/v1/hooks/${id}`, {}))).toBe("404 NOT_FOUND id");
      expect(await told(call("DELETE", `/v1/hooks/${id}`))).toBe("404 NOT_FOUND id");
      expect(await told(call("POST", `/v1/hooks/${id}/pause`))).toBe("404 NOT_FOUND id");
    }
    expect(await told(call("GET", "/v1/hooks/a/b"))).toBe("404 NOT_FOUND");
  });
});

describe("deliveries", () => {
  test("are listed, read with their attempts, and retried", async () => {
    target.answer = status(500);
    const hook = await register({ types: ["d"], retries: 0 });
    const { id: eventId } = await emit({ type: "d", waitMs: 15_000 });
    const { items } = await get<List<Delivery>>(`/v1/deliveries?eventId=${eventId}`);
    const [failed] = items;
    const path = `/v1/deliveries/${failed?.id}`;
    const { attempts, ...shown } = await get<{ attempts: object[] }>(path);
    expect(shown).toEqual(failed);
    expect(shown).toMatchObject({ hookId: hook.id, eventId, status: "FAILED", attemptCount: 1 });
    expect(attempts).toMatchObject([{ number: 1, statusCode: 500, outcome: "RESPONSE_ERROR" }]);
    target.answer = status(200);
    expect(await answer(call("POST", `${path}/retry`))).toMatchObject({
      id: failed?.id,
      status: "RETRYING",
    });
    await expect.poll(async () => (await get<Delivery>(path)).status).toBe("SUCCEEDED");
    const again = await answer<Delivery>(call("POST", `${path}/retry`));
    expect(again.replayOf).toBe(failed?.id);
    const ofHook = `/v1/deliveries?hookId=${hook.id}`;
    expect((await get<List<Delivery>>(`${ofHook}&limit=1`)).items[0]?.id).toBe(again.id);
    expect((await get<List<Delivery>>(`${ofHook}&status=FAILED`)).items).toEqual([]);
    expect((await get<List<Delivery>>(`${ofHook}&until=2026-01-01T00:00:00Z`)).items).toEqual([]);
    expect((await get<List<Delivery>>("/v1/deliveries?hookId=none")).items).toEqual([]);
    expect(await told(call("POST", "/v1/deliveries/none/retry"))).toBe("404 NOT_FOUND id");
    expect(await told(call("GET", "/v1/deliveries?status=LOST"))).toBe("422 INVALID status.0");
    expect(await told(call("GET", "/v1/deliveries?limit=101"))).toBe("422 INVALID limit");
    expect(await told(call("GET", "/v1/deliveries?limit=1&first=1"))).toBe("422 INVALID first");
    expect(await told(call("GET", "/v1/deliveries?after=x"))).toBe("400 BAD_REQUEST");
  });
});

test("each role may do what it may in GraphQL", async () => {
  const { id } = await register({ name: "of roles" });
  const calls = [
    ["GET", "/v1/hooks"],
    ["GET", `/v1/hooks/${id}`],
    ["POST", "/v1/hooks"],
    ["PATCH", `/v1/hooks/${id}`],
    ["DELETE", "/v1/hooks/none"],
    ["POST", `/v1/hooks/${id}/pause`],
    ["POST", `/v1/hooks/${id}/resume`],
    ["POST", `/v1/hooks/${id}/test`],
    ["POST", `/v1/hooks/${id}/backfill`],
    ["POST", `/v1/hooks/${id}/enable`],
    ["POST", `/v1/hooks/${id}/rotate-secret`],
    ["POST", `/v1/hooks/${id}/confirm`],
    ["GET", "/v1/deliveries"],
    ["POST", "/v1/deliveries/none/retry"],
    ["GET", "/v1/event-types"],
    ["POST", "/v1/event-types"],
    ["PATCH", "/v1/event-types/none"],
    ["DELETE", "/v1/event-types/none"],
    ["GET", "/v1/schemas/none/1"],
    ["GET", "/asyncapi.json"],
  ] as const;
  const allowed = async (role: string) => {
    const { key } = await keyOf(hub, role);
    const found: string[] = [];
    for (const [method, path] of calls) {
      const { status } = await rest(hub, method, path, { key });
      if (status !== 403) found.push(`${method} ${path}`);
    }
    return found;
  };
  const reads = calls.filter(([method]) => method === "GET").map((it) => it.join(" "));
  expect(await allowed("VIEWER")).toEqual(reads);
  expect((await allowed("OPERATOR")).sort()).toEqual(
    [
      ...[...reads, "POST /v1/deliveries/none/retry"],
      ...["pause", "resume", "enable", "test", "backfill"].map(
        (what) => `POST /v1/hooks/${id}/${what}`,
      ),
    ].sort(),
  );
  expect(await allowed("EMITTER")).toEqual([]);
});

test("another project finds none of it", async () => {
  const hook = await register({ types: ["x"], name: "mine" });
  const { id: eventId } = await emit({ type: "x", waitMs: 15_000 });
  await answer(call("POST", "/v1/event-types", { name: "mine" }), 201);
  const [delivery] = (await get<List<Delivery>>(`/v1/deliveries?eventId=${eventId}`)).items;
  for (const path of ["/v1/hooks", "/v1/deliveries", "/v1/event-types"])
    expect((await get<List<object>>(path, stranger)).items).toEqual([]);
  for (const [method, path] of [
    ["GET", `/v1/hooks/${hook.id}`],
    ["PATCH", `/v1/hooks/${hook.id}`],
    ["DELETE", `/v1/hooks/${hook.id}`],
    ["POST", `/v1/hooks/${hook.id}/pause`],
    ["GET", `/v1/deliveries/${delivery?.id}`],
    ["POST", `/v1/deliveries/${delivery?.id}/retry`],
    ["GET", "/v1/event-types/mine"],
    ["PATCH", "/v1/event-types/mine"],
    ["DELETE", "/v1/event-types/mine"],
    ["GET", "/v1/schemas/mine/1"],
  ] as const) {
    const body = method === "PATCH" ? {} : undefined;
    expect(await told(call(method, path, body, stranger))).toMatch(/^404 NOT_FOUND/);
  }
  expect(await get(`/v1/hooks/${hook.id}`)).toMatchObject({ status: "ACTIVE" });
});
