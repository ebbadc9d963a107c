import { beforeAll, beforeEach, expect, test } from "vitest";
import {
  change,
  countByStatus,
  deliveryOf,
  emit,
  hookOf,
  register,
  tryRegister,
  update,
} from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver, status } from "../fixtures/receiver.ts";
import { whyOf } from "../fixtures/resources.ts";
import { following, overSocket } from "../fixtures/subscription.ts";

let hub: TestHub;
let target: Receiver;
beforeAll(async () => {
  hub = await testHub();
  target = await receiver();
  return async () => {
    await hub[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
  };
});
beforeEach(() => {
  target.answer = echo(200);
  target.requests.length = 0;
});

const soon = { timeout: 60_000 };
const echo =
  (code: number): Receiver["answer"] =>
  (request, response) =>
    status(code, { "X-Hook-Secret": String(request.headers["x-hook-secret"]) })(request, response);
const asking = (input: object = {}) =>
  register(hub, { url: target.url, verification: "HOOK_SECRET", ...input });
const confirm = (id: string, secret: unknown) =>
  change(hub, "confirmHook", id, `, secret: ${JSON.stringify(secret)}`);
const becomes = (id: string, expected: string, of = hub) =>
  expect.poll(async () => (await hookOf(of, id)).status, soon).toBe(expected);
const says = (id: string, reason: RegExp, of = hub) =>
  expect.poll(async () => (await hookOf(of, id)).statusReason, soon).toMatch(reason);
const secretOf = (index: number) => target.requests[index]?.headers["x-hook-secret"];

test.each([200, 204])(
  "a target that echoes the secret with %i activates its hook",
  async (code) => {
    await using updates = overSocket<{ hook: { status: string; statusReason: string | null } }>(
      hub,
      "subscription { hookUpdated { hook { status statusReason } } }",
    );
    await following(hub.url, 1);
    target.answer = echo(code);
    const { id } = await asking({ headers: { authorization: "Bearer mine" } });
    await becomes(id, "ACTIVE");
    expect(target.requests.length).toBe(1);
    const [request] = target.requests;
    expect(request).toMatchObject({ method: "POST", body: "" });
    expect(request?.headers).toMatchObject({
      "x-hook-secret": expect.stringMatching(/^[\w-]{43}$/),
      authorization: "Bearer mine",
      "content-length": "0",
    });
    await expect
      .poll(() => updates.items.map(({ hook }) => hook), soon)
      .toEqual([
        { status: "PENDING_VERIFICATION", statusReason: "its target is being asked for consent" },
        { status: "ACTIVE", statusReason: null },
      ]);
    await emit(hub);
    expect(target.requests.length).toBe(2);
    expect(target.requests[1]?.headers["x-hook-secret"]).toBeUndefined();
    await change(hub, "deleteHook", id);
  },
);

test("a hook is pending as soon as it is registered, before anybody is asked", async () => {
  await using api = await testHub({ roles: { api: true, worker: false } });
  const { id } = await register(api, { url: target.url, verification: "HOOK_SECRET" });
  expect((await hookOf(api, id)).status).toBe("PENDING_VERIFICATION");
  expect(target.requests).toEqual([]);
});

test.each([
  ["no echo", status(200), /answered 200 without X-Hook-Secret; confirmHook/],
  ["another value", status(200, { "x-hook-secret": "no" }), /200 with another X-Hook-Secret/],
  ["another status", echo(201), /answered 201, where 200 or 204 is asked for/],
  ["an error", status(500), /answered 500 without/],
])(
  "a target that answers with %s leaves its hook unverified, and is asked once",
  async (_, answer, reason) => {
    target.answer = answer;
    const { id } = await asking();
    await says(id, reason);
    const event = await emit(hub);
    expect(event.status).toBe("PROCESSED");
    expect(await whyOf(hub, event.id, id)).toEqual(["UNVERIFIED", null]);
    expect(await hookOf(hub, id)).toMatchObject({
      status: "PENDING_VERIFICATION",
      triggeredCount: 0,
    });
    expect(target.requests.length).toBe(1);
  },
);

test("the secret of the handshake, and no other, confirms a hook later", async () => {
  target.answer = status(200);
  const { id, secret } = await asking({ types: ["later"] });
  await says(id, /without X-Hook-Secret/);
  for (const wrong of ["", secret, `${secretOf(0)} `, "ü".repeat(43)]) {
    expect(await confirm(id, wrong)).toMatchObject({
      hook: null,
      userErrors: [{ code: "INVALID", path: ["secret"] }],
    });
  }
  const right = await confirm(id, secretOf(0));
  expect(right).toMatchObject({ hook: { status: "ACTIVE", statusReason: null }, userErrors: [] });
  expect(await confirm(id, secretOf(0))).toMatchObject(right);
  await emit(hub, { type: "later" });
  expect(target.requests.length).toBe(2);

  const plain = await register(hub, { url: target.url });
  expect((await confirm(plain.id, "x")).userErrors).toMatchObject([
    { code: "NOT_ALLOWED_NOW", path: ["id"] },
  ]);
  await change(hub, "deleteHook", plain.id);
  await change(hub, "deleteHook", id);
  expect((await confirm(id, secretOf(0))).userErrors).toMatchObject([{ code: "NOT_ALLOWED_NOW" }]);
  expect((await confirm("nobody", "x")).userErrors).toMatchObject([{ code: "NOT_FOUND" }]);
});

test("an unverified hook is neither paused nor resumed, but can be changed and deleted", async () => {
  target.answer = status(200);
  const { id } = await asking();
  await says(id, /without/);
  for (const mutation of ["pauseHook", "resumeHook"]) {
    expect((await change(hub, mutation, id)).userErrors).toMatchObject([
      { code: "NOT_ALLOWED_NOW", path: ["id"] },
    ]);
  }
  expect(await update(hub, id, { name: "renamed", timeoutMs: 1_000 })).toEqual([]);
  expect((await hookOf(hub, id)).status).toBe("PENDING_VERIFICATION");
  expect(target.requests.length).toBe(1);
  expect((await change(hub, "deleteHook", id)).hook?.status).toBe("DELETED");
});

test("a hook that was deleted while its target was asked stays deleted", async () => {
  let answer = () => {};
  target.answer = (request, response) => {
    answer = () => echo(200)(request, response);
  };
  const { id } = await asking();
  await expect.poll(() => target.requests.length, soon).toBe(1);
  await change(hub, "deleteHook", id);
  answer();
  target.answer = echo(200);
  const next = await asking();
  await becomes(next.id, "ACTIVE");
  expect((await hookOf(hub, id)).status).toBe("DELETED");
});

test("the late consent of a target that was left does not count for the next one", async () => {
  await using other = await receiver(status(200));
  let answer = () => {};
  target.answer = (request, response) => {
    answer = () => echo(200)(request, response);
  };
  const { id } = await asking();
  await expect.poll(() => target.requests.length, soon).toBe(1);
  expect(await update(hub, id, { url: other.url })).toEqual([]);
  await says(id, /without X-Hook-Secret/);
  answer();
  target.answer = echo(200);
  const next = await asking();
  await becomes(next.id, "ACTIVE");
  expect((await hookOf(hub, id)).status).toBe("PENDING_VERIFICATION");
});

test("a new URL has to consent too; what waits for the hook waits for that", async () => {
  await using other = await receiver(status(200));
  const { id } = await asking({ types: ["moves"], retryScheduleMs: [60_000] });
  await becomes(id, "ACTIVE");
  target.answer = status(500);
  const event = await emit(hub, { type: "moves", waitMs: 0 });
  await expect.poll(() => countByStatus(hub, id), soon).toEqual({ RETRYING: 1 });
  expect(await update(hub, id, { url: other.url })).toEqual([]);
  await says(id, /without X-Hook-Secret/);
  expect(await countByStatus(hub, id)).toEqual({ PARKED: 1 });
  expect((await confirm(id, secretOf(0))).userErrors).toMatchObject([{ code: "INVALID" }]);
  expect(other.requests.length).toBe(1);

  other.answer = echo(200);
  expect(await update(hub, id, { url: other.url })).toEqual([]);
  await becomes(id, "ACTIVE");
  await expect.poll(async () => (await deliveryOf(hub, event.id)).status, soon).toBe("SUCCEEDED");
  const handshakes = other.requests.flatMap(({ headers }) => headers["x-hook-secret"] ?? []);
  expect(new Set(handshakes).size).toBe(2);
  expect(await update(hub, id, { url: other.url, retries: 1 })).toEqual([]);
  expect((await hookOf(hub, id)).status).toBe("ACTIVE");

  await change(hub, "pauseHook", id);
  expect(await update(hub, id, { url: target.url })).toMatchObject([
    { code: "NOT_ALLOWED_NOW", path: ["url"] },
  ]);
});

test("a target that does not answer is asked again, with the same secret", async () => {
  target.answer = (request, response) => {
    if (target.requests.length === 1) response.destroy();
    else echo(200)(request, response);
  };
  const { id } = await asking();
  await says(id, /did not answer: connection closed.*; it is asked again$/);
  await becomes(id, "ACTIVE");
  expect(target.requests.length).toBe(2);
  expect(secretOf(1)).toBe(secretOf(0));
});

test("a handshake whose job is lost is made all the same; after three silent ones it is left to a person", async () => {
  await using api = await testHub({ roles: { api: true, worker: false } });
  const { id } = await register(api, { url: target.url, verification: "HOOK_SECRET" });
  const dead = await register(api, {
    url: "http://127.0.0.1:9/",
    verification: "HOOK_SECRET",
  });
  await api.db.sql`delete from graphile_worker._private_jobs`;
  await api.db.sql`update signalbox.hooks set handshake_attempts = 2 where id = ${dead.id}`;
  await using _worker = await testHub({ ...api.settings, roles: { api: false, worker: true } });
  await becomes(id, "ACTIVE", api);
  await says(dead.id, /did not answer: .*; updateHook\(url\) asks again$/, api);
  const due = await api.db.sql`select handshake_due_at from signalbox.hooks`;
  expect(due).toMatchObject([{ handshake_due_at: null }, { handshake_due_at: null }]);
});

test("a private target is refused before it is asked, and what is at rest is sealed", async () => {
  await using strict = await testHub({ allowTargets: [] });
  const refused = await tryRegister(strict, { url: target.url, verification: "HOOK_SECRET" });
  expect(refused.userErrors).toMatchObject([{ code: "TARGET_REFUSED" }]);
  const { id } = await asking();
  await becomes(id, "ACTIVE");
  const [row] = await hub.db.sql`
    select h::text || coalesce((select string_agg(c::text, '') from signalbox.changes c), '') as text
    from signalbox.hooks h where id = ${id}`;
  expect(row?.text).toContain("v1.test.");
  expect(row?.text).not.toContain(secretOf(0));
});
