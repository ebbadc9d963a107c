import { afterAll, beforeAll, expect, test } from "vitest";
import { removeOldKeys } from "../../src/db/retention/retention.ts";
import { accepted, emit } from "../fixtures/emit.ts";
import { register, tryRegister, update } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver } from "../fixtures/receiver.ts";

let hub: TestHub;
let target: Receiver;
beforeAll(async () => {
  [hub, target] = await Promise.all([testHub(), receiver()]);
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

const soon = { timeout: 30_000 };
const sentTo = (path: string) => target.requests.filter((request) => request.path === path);

test("a hook with channels takes events that share one, and `why` says so of the others", async () => {
  const url = `${target.url}/channels`;
  const { id } = await register(hub, { url, types: ["c"], channels: ["eu", "us"], format: "DATA" });
  const emitted = [];
  for (const channels of [["eu"], ["asia", "us"], ["asia"], null])
    emitted.push(
      await accepted(
        hub,
        { type: "c", data: { channels }, channels },
        "id channels why { hook { id } reason detail }",
      ),
    );
  await expect
    .poll(
      () =>
        sentTo("/channels")
          .map(({ body }) => body)
          .sort(),
      soon,
    )
    .toEqual(['{"channels":["asia","us"]}', '{"channels":["eu"]}']);
  const detail = "takes events of the channels eu, us only";
  expect(emitted.map((event) => Reflect.get(event, "why"))).toEqual([
    [{ hook: { id }, reason: "MATCHED", detail: null }],
    [{ hook: { id }, reason: "MATCHED", detail: null }],
    [{ hook: { id }, reason: "CHANNEL", detail }],
    [{ hook: { id }, reason: "CHANNEL", detail }],
  ]);
  expect(await update(hub, id, { channels: null })).toEqual([]);
  await accepted(hub, { type: "c", data: { channels: null } });
  await expect.poll(() => sentTo("/channels").length, soon).toBe(3);
});

test("filters see an event's channels and tags", async () => {
  const url = `${target.url}/filter`;
  await register(hub, { url, types: ["f"], filter: '"vip" in event.tags', format: "DATA" });
  await accepted(hub, { type: "f", data: 1, tags: ["vip", "eu"] });
  await accepted(hub, { type: "f", data: 2, tags: ["eu"] });
  await accepted(hub, { type: "f", data: 3 });
  await accepted(hub, { type: "f", data: 4, tags: ["vip"] });
  await expect
    .poll(
      () =>
        sentTo("/filter")
          .map(({ body }) => body)
          .sort(),
      soon,
    )
    .toEqual(["1", "4"]);
});

test("a request of format DATA is the data alone, with the headers of Svix beside those of Standard Webhooks", async () => {
  const url = `${target.url}/data`;
  await register(hub, { url, types: ["d"], format: "DATA" });
  const { id } = await accepted(hub, { type: "d", data: { b: 1, a: 2 } });
  await accepted(hub, { type: "d" });
  await expect
    .poll(
      () =>
        sentTo("/data")
          .map(({ body }) => body)
          .sort(),
      soon,
    )
    .toEqual(["null", '{"b":1,"a":2}']);
  const headers = sentTo("/data").find(({ body }) => body !== "null")?.headers ?? {};
  expect(headers["svix-id"]).toBe(id);
  for (const name of ["id", "timestamp", "signature"])
    expect(headers[`svix-${name}`]).toBe(headers[`webhook-${name}`]);
  expect(Object.keys(headers).filter((name) => name.startsWith("ce-"))).toEqual([]);
});

test("a uid is one event's of its user, for as long as events are kept", async () => {
  const event = { type: "u", userId: "u1", uid: "order-1" };
  const { id } = await accepted(hub, event, "id uid");
  const again = await emit(hub, event);
  expect(again.userErrors).toEqual([
    {
      ...{ code: "NAME_TAKEN", path: ["uid"] },
      message: "user 'u1' has another event with the uid 'order-1'",
    },
  ]);
  await accepted(hub, { ...event, userId: "u2" });
  expect((await emit(hub, { type: "u", uid: "order-2" })).userErrors).toMatchObject([
    { code: "INVALID", path: ["uid"] },
  ]);
  const keyed = { ...event, uid: "order-3", idempotencyKey: "k" };
  const first = await emit(hub, keyed);
  expect(await emit(hub, keyed)).toEqual({ ...first, isDuplicate: true });
  await hub.db.sql`update signalbox.idempotency_keys set created_at = now() - interval '31 days'`;
  await removeOldKeys(hub.db.sql, 30);
  expect((await emit(hub, event)).userErrors).toMatchObject([{ code: "NAME_TAKEN" }]);
  expect((await emit(hub, keyed)).userErrors).toMatchObject([{ code: "NAME_TAKEN" }]);
  await hub.db.sql`delete from signalbox.events where id = ${id}`;
  await removeOldKeys(hub.db.sql, 30);
  expect((await accepted(hub, event)).id).not.toBe(id);
});

test("of events emitted at once with one uid, one is accepted", async () => {
  const event = { type: "u", userId: "u3", uid: "once" };
  const answers = await Promise.all(Array.from({ length: 8 }, () => emit(hub, event)));
  expect(answers.filter(({ event }) => event !== null)).toHaveLength(1);
  expect(answers.flatMap(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual(
    Array(7).fill("NAME_TAKEN"),
  );
});

test("a hook's description and metadata are kept, found and checked", async () => {
  const metadata = { team: "billing", budget: 1.5 };
  const url = `${target.url}/metadata`;
  const { id } = await register(hub, { url, description: "For the ledger", metadata });
  const { hook, hooks } = await hub.run<{ hook: object; hooks: { nodes: object[] } }>(
    `query ($id: ID!) {
      hook(id: $id) { description metadata }
      hooks(search: "billing") { nodes { id } }
    }`,
    { id },
  );
  expect([hook, hooks.nodes]).toEqual([{ description: "For the ledger", metadata }, [{ id }]]);
  for (const wrong of [1, [], "a", { a: "x".repeat(16_384) }]) {
    const { userErrors } = await tryRegister(hub, { url, metadata: wrong });
    expect(userErrors).toMatchObject([{ code: "INVALID", path: ["metadata"] }]);
  }
  for (const channels of [[], ["a", "a"], [""], ["x".repeat(129)]]) {
    const { userErrors } = await tryRegister(hub, { url, channels });
    expect([channels, userErrors[0]?.code, userErrors[0]?.path[0]]).toEqual([
      channels,
      "INVALID",
      "channels",
    ]);
  }
});
