import { afterAll, beforeAll, expect, test } from "vitest";
import { accepted, emit, emitAll, eventCount } from "./fixtures/emit.ts";
import { type TestHub, testHub } from "./fixtures/hub.ts";

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
