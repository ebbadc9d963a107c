import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accepted, emit, emitAll, eventCount } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";

let hub: TestHub;
let other: TestHub;
beforeAll(async () => {
  hub = await testHub();
  other = await testHub(hub.settings);
});
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

const conflict = (key: string, path: string[]) => ({
  code: "IDEMPOTENCY_CONFLICT",
  message: `idempotency key '${key}' was used before with another body; use a new key for a new event`,
  path,
});

test("the same key with the same body gives the first event again, from another process too", async () => {
  const input = { type: "once", data: { a: 1, b: [{ c: 2, d: null }] }, idempotencyKey: "same" };
  const first = await emit(hub, input);
  expect(first.isDuplicate).toBe(false);
  const again = { event: first.event, isDuplicate: true, userErrors: [] };
  expect(await emit(hub, input)).toEqual(again);
  expect(await emit(other, { ...input, waitMs: 10, category: null })).toEqual(again);
  const reordered = { ...input, data: { b: [{ d: null, c: 2 }], a: 1 } };
  expect(await emit(hub, reordered)).toEqual(again);
  expect(await eventCount(hub, "once")).toBe(1);
});

test("the same key with another body is refused, whatever the difference", async () => {
  const input = { type: "body", data: { a: 1, list: [1, 2] }, idempotencyKey: "body" };
  await accepted(hub, input);
  const others = [
    { type: "body2" },
    { data: { a: "1", list: [1, 2] } },
    { data: { a: 1, list: [2, 1] } },
    { data: { a: 1, list: [1, 2], b: null } },
    { data: null },
    { userId: "u" },
    { occurredAt: "2026-01-01T00:00:00Z" },
  ];
  for (const change of others) {
    expect(await emit(other, { ...input, ...change })).toEqual({
      event: null,
      isDuplicate: false,
      userErrors: [conflict("body", ["idempotencyKey"])],
    });
  }
  expect(await eventCount(hub, "body")).toBe(1);
});

test("a hundred callers of two processes with one key make one event", async () => {
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      emit(index % 2 === 0 ? hub : other, { type: "race", data: 1, idempotencyKey: "race" }),
    ),
  );
  expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([]);
  expect(new Set(answers.map(({ event }) => event?.id)).size).toBe(1);
  expect(answers.filter(({ isDuplicate }) => !isDuplicate)).toHaveLength(1);
  expect(await eventCount(hub, "race")).toBe(1);
});

test("of callers of two processes with one uid and one key, all get the one event; without a key only one gets it", async () => {
  const race = (input: object) =>
    Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        emit(index % 2 === 0 ? hub : other, { type: "uid race", userId: "u", ...input }),
      ),
    );
  const keyed = await race({ uid: "keyed", idempotencyKey: "uid race" });
  expect(keyed.flatMap(({ userErrors }) => userErrors)).toEqual([]);
  expect(new Set(keyed.map(({ event }) => event?.id)).size).toBe(1);
  expect(keyed.filter(({ isDuplicate }) => !isDuplicate)).toHaveLength(1);
  const keyless = await race({ uid: "keyless" });
  expect(keyless.filter(({ event }) => event !== null)).toHaveLength(1);
  expect(keyless.flatMap(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual(
    Array(39).fill("NAME_TAKEN"),
  );
  expect(await eventCount(hub, "uid race")).toBe(2);
});

test("a hundred callers of two processes with many keys, each in another order, make one event a key", async () => {
  const keys = Array.from({ length: 20 }, (_, index) => `cross ${index}`);
  const batch = (from: number) =>
    keys.map((_, index) => {
      const key = keys[(index + from) % keys.length];
      return { type: "cross", data: key, idempotencyKey: key };
    });
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) => emitAll(index % 2 === 0 ? hub : other, batch(index))),
  );
  expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([]);
  const ids = new Set(answers.flatMap(({ events }) => events?.map(({ id }) => id) ?? []));
  expect(ids.size).toBe(20);
  expect(await eventCount(hub, "cross")).toBe(20);
});

test("two of one batch with one key are one event when they say the same", async () => {
  const item = { type: "twins", data: 1, idempotencyKey: "twins" };
  const { events, userErrors } = await emitAll(hub, [item, { type: "between" }, item]);
  expect(userErrors).toEqual([]);
  expect(events?.map(({ type }) => type)).toEqual(["twins", "between", "twins"]);
  expect(events?.[0]?.id).toBe(events?.[2]?.id);
  expect(await eventCount(hub, "twins")).toBe(1);
});

test("two of one batch with one key are refused when they do not, and nothing of the batch is written", async () => {
  const answer = await emitAll(hub, [
    { type: "clash", idempotencyKey: "clash other" },
    { type: "clash", data: 1, idempotencyKey: "clash" },
    { type: "clash", data: 2, idempotencyKey: "clash" },
  ]);
  expect(answer).toEqual({
    events: null,
    userErrors: [conflict("clash", ["2", "idempotencyKey"])],
  });
  expect(await eventCount(hub, "clash")).toBe(0);
  // Not even the keys: they are free for other bodies.
  expect(await emit(hub, { type: "clash", data: 3, idempotencyKey: "clash other" })).toMatchObject({
    isDuplicate: false,
    userErrors: [],
  });
});

test("a conflict takes nothing of other callers with it", async () => {
  await accepted(hub, { type: "used", idempotencyKey: "used" });
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      emit(
        hub,
        index % 10 === 5
          ? { type: "used", data: "other", idempotencyKey: "used" }
          : { type: "neighbour", data: index, idempotencyKey: `neighbour ${index}` },
      ),
    ),
  );
  const refused = answers.filter(({ event }) => event === null);
  expect(refused).toHaveLength(5);
  expect(refused[0]?.userErrors).toEqual([conflict("used", ["idempotencyKey"])]);
  expect(answers.filter(({ isDuplicate }) => isDuplicate)).toEqual([]);
  expect(await eventCount(hub, "neighbour")).toBe(45);
});

test("a refused event does not use its key up", async () => {
  const wrong = await emit(hub, { type: "", idempotencyKey: "again" });
  expect(wrong.event).toBeNull();
  expect(await emit(hub, { type: "again", idempotencyKey: "again" })).toMatchObject({
    isDuplicate: false,
    userErrors: [],
  });
});

describe("a repeated emit is known by its key", () => {
  const registerType = (schema: object) =>
    hub.run(
      `mutation ($schema: JSON!) { registerEventType(input: { name: "moving", schema: $schema, allowBreaking: true }) {
        userErrors { message } } }`,
      { schema },
    );
  const input = { type: "moving", data: { a: 1 }, idempotencyKey: "moving" };
  const refused = { event: null, isDuplicate: false };

  test("also when its type now asks for other data, or is gone", async () => {
    await registerType({ a: "Number" });
    const { event } = await emit(hub, input);
    const again = { event, isDuplicate: true, userErrors: [] };
    await registerType({ b: "Number" });
    expect(await emit(other, input)).toEqual(again);
    await hub.run(`mutation { archiveEventType(name: "moving") { userErrors { message } }
      updateProject(input: { requireRegisteredTypes: true }) { userErrors { message } } }`);
    expect(await emit(hub, input)).toEqual(again);
    const [row] = await hub.db.sql`
      select signalbox.emit('moving', '{"a":1}'::jsonb, idempotency_key => 'moving') as id`;
    expect(row).toEqual({ id: event?.id });
    const unknown = { code: "UNKNOWN_TYPE", path: ["type"] };
    expect(await emit(hub, { ...input, idempotencyKey: "new" })).toMatchObject({
      ...refused,
      userErrors: [unknown],
    });
    await hub.run(
      "mutation { updateProject(input: { requireRegisteredTypes: false }) { userErrors { message } } }",
    );
    expect(await eventCount(hub, "moving")).toBe(1);
  });

  test("but not with other data, and a new key is no way round the schema", async () => {
    await registerType({ b: "Number" });
    expect(await emit(hub, { ...input, data: { a: 2 } })).toMatchObject({
      ...refused,
      userErrors: [{ code: "IDEMPOTENCY_CONFLICT" }],
    });
    const fresh = { ...input, idempotencyKey: "fresh" };
    const wrong = { code: "DATA_INVALID", path: ["data", "b"] };
    expect(await emit(hub, fresh)).toMatchObject({ ...refused, userErrors: [wrong] });
    // Nor does it use the key up.
    expect((await emit(hub, { ...fresh, data: { b: 1 } })).userErrors).toEqual([]);
  });

  test("in a batch with others, whose errors are all reported", async () => {
    await registerType({ b: "Number" });
    const { events, userErrors } = await emitAll(hub, [{ type: "x" }, input]);
    expect(userErrors).toEqual([]);
    expect(events?.map(({ type }) => type)).toEqual(["x", "moving"]);
    const before = await eventCount(hub);
    const wrong = { ...input, idempotencyKey: "wrong" };
    const alone = await emitAll(hub, [input, wrong]);
    expect(alone.userErrors.map(({ path }) => path)).toEqual([["1", "data", "b"]]);
    const all = await emitAll(hub, [{ type: "" }, wrong]);
    expect(all.userErrors.map(({ path }) => path)).toEqual([
      ["0", "type"],
      ["1", "data", "b"],
    ]);
    expect(await eventCount(hub)).toBe(before);
  });
});

describe("one key through the API and the SQL door", () => {
  type Given = { type: string; data?: unknown; userId?: string };
  const bySql = async (key: string, { type, data, userId }: Given) => {
    const [row] = await hub.db.sql<{ id: string }[]>`
      select signalbox.emit(type => ${type}, data => ${data === undefined ? null : JSON.stringify(data)}::text::jsonb,
        user_id => ${userId ?? null}, idempotency_key => ${key}) as id`;
    return row?.id;
  };
  const byApi = (key: string, given: object) => emit(hub, { ...given, idempotencyKey: key });
  const used = "was used before with another body";
  const bodies: Given[] = [
    { type: "doors" },
    { type: "doors", data: null, userId: "u" },
    { type: "doors", data: { b: [1, { d: 1e21, c: 0.5 }], a: "é\u{1f600}" } },
  ];

  test.each(bodies)("is one event when both say the same: %j", async (body) => {
    const first = JSON.stringify(body);
    const id = await bySql(first, body);
    expect(await byApi(first, body)).toMatchObject({ event: { id }, isDuplicate: true });
    const second = `${first} again`;
    const { event } = await byApi(second, body);
    expect(await bySql(second, body)).toBe(event?.id);
    expect(await eventCount(hub, "doors")).toBe(2 * (bodies.indexOf(body) + 1));
  });

  const others = [
    { type: "doors other" },
    { type: "doors", data: { a: 2 } },
    { type: "doors", userId: "u" },
  ];
  test.each(others)("is a conflict when they do not: %j", async (other) => {
    const body = { type: "doors", data: { a: 1 } };
    const key = `conflict ${JSON.stringify(other)}`;
    await bySql(key, body);
    expect((await byApi(key, other)).userErrors).toEqual([conflict(key, ["idempotencyKey"])]);
    await byApi(`${key} again`, other);
    await expect(bySql(`${key} again`, body)).rejects.toThrow(used);
  });

  test.each([
    { category: "c" },
    { name: "n" },
    { occurredAt: "2026-01-01T00:00:00Z" },
    { delay: 60 },
    { actions: [{ url: "https://example.com", buttonText: "Open", external: true }] },
    { contentType: "JSON" },
    { subject: { type: "t", id: "i" } },
    { data: "\0" },
  ])("is a conflict when the API's says more: %j", async (more) => {
    const body = { type: "doors" };
    const key = `more ${JSON.stringify(more)}`;
    await bySql(key, body);
    expect((await byApi(key, { ...body, ...more })).userErrors).toEqual([
      conflict(key, ["idempotencyKey"]),
    ]);
    await byApi(`${key} again`, { ...body, ...more });
    await expect(bySql(`${key} again`, body)).rejects.toThrow(used);
  });
});
