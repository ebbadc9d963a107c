import { afterAll, beforeAll, expect, test } from "vitest";
import { backfill } from "../fixtures/backfills.ts";
import { cliOf } from "../fixtures/cliObjects.ts";
import { change, deliveries, emit, register, type UserError } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { orderedDeliveries, orderedReceiver } from "../fixtures/ordered.ts";
import { type Receiver, receiver } from "../fixtures/receiver.ts";
import { over } from "../fixtures/replays.ts";
import { answer, eventOf, rest, told } from "../fixtures/rest.ts";
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

const soon = { timeout: 60_000 };
const nobody = "00000000-0000-7000-8000-000000000000";
const hookOf = async (type: string, input: object = {}) =>
  (await register(hub, { url: target.url, types: [type], retries: 0, ...input })).id;
const hooksOf = async (eventId: string) =>
  (await deliveries(hub, { eventId })).map(({ hook }) => hook.id).sort();

type Why = { reason: string; detail: string | null; hook: { id: string } };
/** Why each of some hooks did or did not match an event. */
async function whyOf(eventId: string, hooks: string[]): Promise<string[]> {
  const { why } = await eventOf<{ why: Why[] }>(hub, eventId, "why { reason hook { id } }");
  return hooks.map((id) => why.find(({ hook }) => hook.id === id)?.reason ?? "none");
}

/** What is wrong with an event. */
async function refusal(input: object, of: Pick<TestHub, "run"> = hub): Promise<UserError[]> {
  const { emitEvent } = await of.run<{ emitEvent: { userErrors: UserError[] } }>(
    `mutation ($input: EmitEventInput!) {
      emitEvent(input: $input) { userErrors { code message path } } }`,
    { input },
  );
  return emitEvent.userErrors;
}

test("a broadcast goes to the hooks of all users, if they match it otherwise", async () => {
  const type = "told.all";
  const ann = await hookOf(type, { userId: "ann" });
  const bob = await hookOf(type, { userId: "bob", filter: "event.data.n > 1" });
  const all = await hookOf(type);
  const eu = await hookOf(type, { userId: "cy", channels: ["eu"] });
  const whole = await emit(hub, { type, data: { n: 2 }, broadcast: true, channels: ["eu"] });
  expect(await hooksOf(whole.id)).toEqual([ann, bob, all, eu].sort());
  const part = await emit(hub, { type, data: { n: 1 }, broadcast: true, userId: "bob" });
  expect(await hooksOf(part.id)).toEqual([ann, all].sort());
  expect(await whyOf(part.id, [ann, bob, all, eu])).toEqual([
    ...["MATCHED", "FILTER", "MATCHED", "CHANNEL"],
  ]);
  expect(await eventOf(hub, part.id, "broadcast targetHook { id }")).toEqual({
    ...{ broadcast: true, targetHook: null },
  });
  const usual = await emit(hub, { type, data: { n: 2 }, userId: "bob", broadcast: false });
  expect(await hooksOf(usual.id)).toEqual([bob, all].sort());
  expect(await whyOf(usual.id, [ann])).toEqual(["USER"]);
});

test("an event for one hook goes to it alone, if it matches, and is shown so", async () => {
  const type = "for.one";
  const [one, other] = [await hookOf(type, { filter: "event.data.n > 1" }), await hookOf(type)];
  const event = await emit(hub, { type, data: { n: 2 }, hookId: one });
  expect(await hooksOf(event.id)).toEqual([one]);
  expect(await whyOf(event.id, [one, other])).toEqual(["MATCHED", "TARGET"]);
  expect(await eventOf(hub, event.id, "broadcast targetHook { id }")).toEqual({
    ...{ broadcast: false, targetHook: { id: one } },
  });
  const small = await emit(hub, { type, data: { n: 1 }, hookId: one });
  expect([small.status, await hooksOf(small.id)]).toEqual(["PROCESSED", []]);
  expect(await whyOf(small.id, [one])).toEqual(["FILTER"]);
  const another = await emit(hub, { type: "not.taken", hookId: one.toUpperCase() });
  expect(await whyOf(another.id, [one, other])).toEqual(["TYPE", "TARGET"]);
  const users = await hookOf(type, { userId: "ann" });
  const nobodys = await emit(hub, { type, hookId: users });
  expect(await whyOf(nobodys.id, [users])).toEqual(["USER"]);
  expect(await hooksOf((await emit(hub, { type, hookId: users, userId: "ann" })).id)).toEqual([
    users,
  ]);
});

test("an unknown, deleted or foreign hook is refused, and so are both together", async () => {
  const gone = await hookOf("gone");
  await change(hub, "deleteHook", gone);
  const stranger = await tenantOf(hub, "Stranger");
  const foreign = (await register(stranger, { url: target.url, types: ["a"] })).id;
  for (const hookId of [nobody, gone, foreign, "x", ""]) {
    const expected = [{ code: "NOT_FOUND", message: `no hook ${hookId}`, path: ["hookId"] }];
    expect(await refusal({ type: "a", hookId })).toEqual(expected);
  }
  expect(await refusal({ type: "a", hookId: foreign }, stranger)).toEqual([]);
  expect(await refusal({ type: "a", hookId: gone, broadcast: true })).toMatchObject([
    { code: "INVALID", path: ["hookId"] },
  ]);
  const emitted = (body: object) => rest(hub, "POST", "/v1/events", { body });
  expect(await told(emitted([{ type: "a" }, { type: "a", hookId: nobody }]))).toBe(
    "404 NOT_FOUND 1.hookId",
  );
  expect(await told(emitted({ type: "a", broadcast: "yes" }))).toBe("422 INVALID broadcast");
  expect(await told(emitted({ type: "a", hookId: 5 }))).toBe("422 INVALID hookId");
});

test("a backfill brings a hook broadcasts, and no event for another hook alone", async () => {
  const type = "filled.late";
  const first = await hookOf(type);
  const all = await emit(hub, { type, broadcast: true });
  await emit(hub, { type, hookId: first });
  const hookId = await hookOf(type, { userId: "ann" });
  const own = await emit(hub, { type, userId: "ann", hookId: first });
  const { replay } = await backfill(hub, { hookId });
  expect(await over(hub, replay?.id ?? "")).toMatchObject({ matched: 1, created: 1 });
  await expect.poll(() => hooksOf(all.id), soon).toEqual([first, hookId].sort());
  expect(await hooksOf(own.id)).toEqual([first]);
});

test("an idempotency key covers whom the event is for, and outlives the hook", async () => {
  const hookId = await hookOf("keyed");
  const input = { type: "keyed", hookId, idempotencyKey: "targeted" };
  const { id } = await emit(hub, input);
  expect(await refusal({ ...input, hookId: undefined })).toMatchObject([
    { code: "IDEMPOTENCY_CONFLICT" },
  ]);
  expect(await refusal({ ...input, hookId: undefined, broadcast: true })).toMatchObject([
    { code: "IDEMPOTENCY_CONFLICT" },
  ]);
  await change(hub, "deleteHook", hookId);
  expect((await emit(hub, input)).id).toBe(id);
  const plain = await emit(hub, { type: "keyed", idempotencyKey: "plain" });
  const again = { type: "keyed", idempotencyKey: "plain", broadcast: false };
  expect((await emit(hub, again)).id).toBe(plain.id);
});

test("scheduled events and schedules keep whom they are for, until they are due", async () => {
  const type = "due.later";
  const [one, other] = [await hookOf(type), await hookOf(type, { userId: "ann" })];
  const gone = await hookOf(type);
  const targeted = await emit(hub, { type, hookId: one, delay: 3_600, waitMs: 0 });
  const lost = await emit(hub, { type, hookId: gone, delay: 3_600, waitMs: 0 });
  const all = await emit(hub, { type, broadcast: true, delay: 3_600, waitMs: 0 });
  await change(hub, "deleteHook", gone);
  await hub.db.sql`update signalbox.events set due_at = now() where due_at is not null`;
  await expect.poll(() => hooksOf(targeted.id), soon).toEqual([one]);
  await expect.poll(() => hooksOf(all.id), soon).toEqual([one, other].sort());
  await expect
    .poll(() => eventOf(hub, lost.id, "status error"), soon)
    .toEqual({ status: "FAILED", error: `no hook ${gone}: it is deleted` });
  type Schedule = { id: string; event: object; lastEventId: string };
  const save = (name: string, event: object) =>
    rest(hub, "POST", "/v1/schedules", { body: { name, cron: "@yearly", event } });
  expect(await told(save("lost", { type, hookId: gone }))).toBe("404 NOT_FOUND event.hookId");
  for (const [event, hooks] of [
    [{ type, hookId: one }, [one]],
    [{ type, broadcast: true }, [one, other].sort()],
  ] as const) {
    const { id, event: kept } = await answer<Schedule>(save(hooks.join(), event), 201);
    expect(kept).toEqual(event);
    const ran = await answer<Schedule>(rest(hub, "POST", `/v1/schedules/${id}/run`));
    await expect.poll(() => hooksOf(ran.lastEventId), soon).toEqual(hooks);
  }
});

test("a key's order counts for events for one hook and for broadcasts", async () => {
  await using ordered = await orderedReceiver(2);
  const settings = { url: ordered.url, format: "DATA", orderBy: "event.data.key" };
  const hookId = await hookOf("ordered", { ...settings, userId: "ann" });
  const audiences = [{ userId: "ann" }, { broadcast: true }, { userId: "ann", hookId }];
  for (let n = 1; n <= 12; n += 1)
    await emit(hub, {
      ...{ type: "ordered", data: { key: "k", n }, waitMs: 0 },
      ...audiences[n % 3],
    });
  await expect.poll(() => ordered.accepted("k").length, soon).toBe(12);
  expect(ordered.accepted("k")).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
  const keys = (await orderedDeliveries(hub, hookId)).map(({ orderKey }) => orderKey);
  expect(new Set(keys)).toEqual(new Set(["k"]));
});

test("the command line and REST emit for all users and for one hook", async () => {
  const { only } = cliOf(() => hub);
  const type = "from.shell";
  const [one, other] = [await hookOf(type, { name: "shell" }), await hookOf(type, { userId: "b" })];
  const shown = async (...args: string[]) => {
    const { id } = await only("emit", type, "--wait", "--json", ...args);
    return hooksOf(String(id));
  };
  expect(await shown("--hook", "shell")).toEqual([one]);
  expect(await shown("--broadcast")).toEqual([one, other].sort());
  const [event] = await answer<{ id: string }[]>(
    rest(hub, "POST", "/v1/events", { body: [{ type, hookId: one }] }),
    201,
  );
  await expect.poll(() => hooksOf(event?.id ?? ""), soon).toEqual([one]);
  const since = new Date(Date.now() - 3_600_000).toISOString();
  const feed = await answer<{ items: { event: { id: string } }[] }>(
    rest(hub, "GET", `/v1/events?types=${type}&since=${since}`),
  );
  const found = feed.items.find((item) => item.event.id === event?.id);
  expect(found?.event).toMatchObject({ broadcast: false, targetHookId: one });
});
