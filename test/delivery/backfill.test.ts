import { afterAll, beforeAll, expect, test } from "vitest";
import { backfill } from "../fixtures/backfills.ts";
import {
  change,
  countByStatus,
  deliveries,
  emit,
  emitMany,
  hookOf,
  register,
} from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { type Receiver, receiver } from "../fixtures/receiver.ts";
import { cancel, over } from "../fixtures/replays.ts";
import { created, typeWithEvents } from "../fixtures/resources.ts";
import { rest, told } from "../fixtures/rest.ts";
import { tenantOf } from "../fixtures/tenant.ts";

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
const patience = { timeout: 60_000 };

/** Runs a backfill that must be accepted; gives it as it is when it is over. */
async function filled(input: { hookId: string } & Record<string, unknown>, of = hub) {
  const { replay, userErrors } = await backfill(of, input);
  if (!replay) throw new Error(JSON.stringify(userErrors));
  return over(of, replay.id);
}
const events = (type: string, data: unknown[]) =>
  emitMany(
    hub,
    data.map((data) => ({ type, data })),
  );
/** The webhook-ids of what came to a path, in order. */
const cameTo = (path: string) =>
  target.requests.filter((one) => one.path === path).map(({ headers }) => headers["webhook-id"]);

test("a hook gets the stored events that it matches now and never got, in order; a second time there are none", async () => {
  const [first, second, small] = await events("late.paid", [{ n: 20 }, { n: 30 }, { n: 1 }]);
  await events("other", [{ n: 40 }]);
  const { id: hookId } = await register(hub, {
    ...{ url: `${target.url}/late`, types: ["late.*"], filter: "event.data.n > 10" },
    maxInFlight: 1,
  });
  const third = await emit(hub, { type: "late.paid", data: { n: 50 } });
  const counted = await backfill(hub, { hookId, dryRun: true });
  expect(counted).toEqual({ matched: 2, replay: null, userErrors: [] });
  expect(await countByStatus(hub, hookId)).toEqual({ SUCCEEDED: 1 });
  expect(await filled({ hookId })).toMatchObject({ status: "DONE", matched: 2, created: 2 });
  await expect.poll(() => countByStatus(hub, hookId), patience).toEqual({ SUCCEEDED: 3 });
  expect(cameTo("/late")).toEqual([third.id, first, second]);
  expect(await hookOf(hub, hookId)).toMatchObject({ triggeredCount: 3, succeededCount: 3 });
  expect((await deliveries(hub, { eventId: small ?? "" })).length).toBe(0);
  const again = await backfill(hub, { hookId });
  expect(again).toMatchObject({ matched: 0, replay: { status: "DONE", created: 0 } });
});

test("the span is of the acceptance; user, channels and types count; what failed was got", async () => {
  const type = "spanned";
  for (const one of [{ userId: "ann" }, { userId: "bob" }, { channels: ["eu"] }])
    await emit(hub, { type, ...one });
  const count = async (hook: object, span: object = {}) => {
    const { id: hookId } = await register(hub, { url: target.url, types: [type], ...hook });
    return (await backfill(hub, { hookId, dryRun: true, ...span })).matched;
  };
  expect(await count({})).toBe(3);
  expect(await count({ userId: "ann" })).toBe(1);
  expect(await count({ channels: ["eu", "us"] })).toBe(1);
  expect(await count({ types: ["spanned.*"] })).toBe(0);
  expect(await count({}, { since: new Date(Date.now() + 60_000) })).toBe(0);
  expect(await count({}, { until: new Date(Date.now() - 60_000) })).toBe(0);
  expect(await count({}, { since: new Date(Date.now() - 60_000), until: new Date() })).toBe(3);
  await using broken = await receiver((_request, response) => response.writeHead(500).end());
  const { id: hookId } = await register(hub, { url: broken.url, types: ["got"], retries: 0 });
  await emit(hub, { type: "got" });
  expect((await backfill(hub, { hookId, dryRun: true })).matched).toBe(0);
});

test("events that are scheduled, cancelled, erased, or for one hook alone are left out", async () => {
  const type = "left";
  const { id: other } = await register(hub, { url: target.url, types: ["never"] });
  const [erased] = await events(type, [1, 2]);
  await emit(hub, { type, delay: 3_600, waitMs: 0 });
  const { id: cancelled } = await emit(hub, { type, delay: 3_600, waitMs: 0 });
  await hub.run("mutation ($id: ID!) { cancelEvent(id: $id) { userErrors { code } } }", {
    id: cancelled,
  });
  await hub.run("mutation ($id: ID!) { expungeEvent(id: $id) { userErrors { code } } }", {
    id: erased,
  });
  await hub.run(
    `mutation ($id: ID!, $type: String) { testHook(id: $id, type: $type, data: 1) { userErrors { code } } }`,
    { id: other, type },
  );
  const { id: hookId } = await register(hub, { url: target.url, types: [type] });
  expect(await filled({ hookId })).toMatchObject({ matched: 1, created: 1 });
});

test("two at once, of more events than a chunk holds, make each delivery once", async () => {
  const type = "twice";
  await events(type, Array(700).fill(null));
  const { id: hookId } = await register(hub, { url: target.url, types: [type], maxInFlight: 64 });
  const both = await Promise.all([filled({ hookId }), filled({ hookId })]);
  expect(both.map(({ status }) => status)).toEqual(["DONE", "DONE"]);
  expect(both.reduce((sum, { created }) => sum + created, 0)).toBe(700);
  await expect.poll(() => countByStatus(hub, hookId), patience).toEqual({ SUCCEEDED: 700 });
  const [row] = await hub.db.sql<{ n: number }[]>`
    select count(distinct event_id)::int as n from signalbox.deliveries where hook_id = ${hookId}`;
  expect(row?.n).toBe(700);
});

test("for a paused hook what it makes is PARKED; a cancelled one makes no more", async () => {
  const type = "held";
  await events(type, Array(1_000).fill(null));
  await using silent = await receiver(() => {});
  const { id: hookId } = await register(hub, { url: silent.url, types: [type], timeoutMs: 60_000 });
  const { replay } = await backfill(hub, { hookId });
  const waiting = async () =>
    Object.values(await countByStatus(hub, hookId)).reduce((sum, n) => sum + n, 0);
  // No more than 400 are due before it makes 200 more.
  await expect.poll(waiting, patience).toBe(400);
  const stopped = await cancel(hub, replay?.id ?? "");
  expect(stopped).toMatchObject({ replay: { status: "CANCELLED", matched: 1_000, created: 400 } });
  await change(hub, "pauseHook", hookId);
  expect(await filled({ hookId })).toMatchObject({ matched: 600, created: 600 });
  expect((await countByStatus(hub, hookId)).PARKED).toBeGreaterThanOrEqual(600);
});

test("a hook of format RESOURCE is sent the resource that the event is about", async () => {
  await typeWithEvents(hub, "kit");
  const { event } = await created(hub, { type: "kit", attributes: { n: 1 } });
  const { id: hookId } = await register(hub, {
    ...{ url: `${target.url}/kit`, types: ["kitCreated"], format: "RESOURCE" },
  });
  expect(await filled({ hookId })).toMatchObject({ matched: 1, created: 1 });
  await expect.poll(() => cameTo("/kit"), patience).toEqual([event.id]);
  const body = target.requests.find(({ path }) => path === "/kit")?.body ?? "";
  expect(JSON.parse(body)).toEqual({ kit: [{ id: "1", n: 1 }] });
});

test("a filter that fails matches nothing", async () => {
  await events("odd", [{ n: 1 }, "text"]);
  const { id: hookId } = await register(hub, {
    ...{ url: target.url, types: ["odd"], filter: "event.data.n == 1" },
  });
  expect((await backfill(hub, { hookId, dryRun: true })).matched).toBe(1);
});

test("what is wrong is told, with its place, and nothing is stored", async () => {
  const stored = async () =>
    Number((await hub.db.sql`select count(*) from signalbox.replays`)[0]?.count);
  const before = await stored();
  const mistake = async (input: { hookId: string } & Record<string, unknown>) =>
    (await backfill(hub, input)).userErrors.map(({ code, path }) => `${code} ${path}`).join();
  const { id: hookId } = await register(hub, { url: target.url, types: ["a"] });
  const { id: gone } = await register(hub, { url: target.url, types: ["a"] });
  await change(hub, "deleteHook", gone);
  await using patient = await receiver((_request, response) => response.writeHead(202).end());
  const { id: pending } = await register(hub, {
    ...{ url: patient.url, types: ["a"], verification: "HOOK_SECRET" },
  });
  const stranger = await tenantOf(hub);
  const { id: foreign } = await register(stranger, { url: target.url, types: ["a"] });
  const since = "2026-01-02T00:00:00Z";
  for (const dryRun of [true, false]) {
    expect(await mistake({ hookId: gone, dryRun })).toBe("NOT_ALLOWED_NOW hookId");
    expect(await mistake({ hookId: pending, dryRun })).toBe("NOT_ALLOWED_NOW hookId");
    for (const unknown of [foreign, "", "x"])
      expect(await mistake({ hookId: unknown, dryRun })).toBe("NOT_FOUND hookId");
    expect(await mistake({ hookId, since, until: since, dryRun })).toBe("INVALID until");
  }
  const path = `/v1/hooks/${hookId}/backfill`;
  const post = (body: unknown) => told(rest(hub, "POST", path, { body }));
  expect(await post({})).toBe("422 INVALID since");
  expect(await post({ since: "yesterday" })).toBe("422 INVALID since");
  expect(await post({ since, until: "2026-01-01T00:00:00Z" })).toBe("422 INVALID until");
  expect(await post({ since, dryRun: "yes" })).toBe("422 INVALID dryRun");
  expect(await post({ since, hookId })).toBe("422 INVALID hookId");
  const ofGone = rest(hub, "POST", `/v1/hooks/${gone}/backfill`, { body: { since } });
  expect(await told(ofGone)).toBe("409 NOT_ALLOWED_NOW id");
  expect(await stored()).toBe(before);
});

test("an OPERATOR may, over REST too", async () => {
  await events("rested", [1, 2]);
  const { id } = await register(hub, { url: `${target.url}/rested`, types: ["rested"] });
  const { key } = await keyOf(hub, "OPERATOR");
  const post = async (body: object) =>
    (await rest(hub, "POST", `/v1/hooks/${id}/backfill`, { key, body })).json();
  const since = "2020-01-01T00:00:00Z";
  expect(await post({ since, dryRun: true })).toEqual({ matched: 2, replay: null });
  expect(await post({ since })).toMatchObject({
    ...{ matched: 2, replay: { status: "RUNNING", matched: 2, created: 0, finishedAt: null } },
  });
  await expect.poll(() => cameTo("/rested").length, patience).toBe(2);
});
