import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bumpConfigVersion } from "../../src/db/project/projects.ts";
import { createEmitter } from "../../src/domain/emit/emitter.ts";
import { createProject } from "../../src/domain/project/project.ts";
import { createProjectConfigs } from "../../src/domain/project/projectConfig.ts";
import { freshDatabase } from "../fixtures/database.ts";
import { emit, emitAll, eventCount, registerHook } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { testPrograms } from "../fixtures/programs.ts";
import { receiver } from "../fixtures/receiver.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

const events = (count: number, type = "batch") =>
  Array.from({ length: count }, (_, index) => ({ type: `${type}.${index}`, data: { index } }));

test("a thousand events are accepted together, and answered and listed in their order", async () => {
  const input = events(1_000, "thousand");
  const { events: answered, userErrors } = await emitAll(hub, input);
  expect(userErrors).toEqual([]);
  expect(answered?.map(({ type }) => type)).toEqual(input.map(({ type }) => type));
  expect(new Set(answered?.map(({ id }) => id)).size).toBe(1_000);
  const { events: listed } = await hub.run<{ events: { nodes: { type: string }[] } }>(
    "{ events(first: 3) { nodes { type } } }",
  );
  expect(listed.nodes.map(({ type }) => type)).toEqual(
    [999, 998, 997].map((index) => `thousand.${index}`),
  );
});

test.each([0, 1_001])("a batch of %i events is refused", async (count) => {
  const before = await eventCount(hub);
  expect(await emitAll(hub, events(count))).toEqual({
    events: null,
    userErrors: [
      { code: "INVALID", message: `emitEvents takes 1 to 1000 events, got ${count}`, path: [] },
    ],
  });
  expect(await eventCount(hub)).toBe(before);
});

test("one wrong event keeps all others out, and every mistake's path begins with its index", async () => {
  await hub.run(
    `mutation { registerEventType(input: { name: "typed", schema: { amount: "Number" } }) { userErrors { message } } }`,
  );
  const before = await eventCount(hub);
  const { events: answered, userErrors } = await emitAll(hub, [
    { type: "good" },
    { type: "typed", data: { amount: "five" } },
    { type: "good", userId: "" },
    {},
  ]);
  expect(answered).toBeNull();
  expect(userErrors).toEqual([
    {
      code: "DATA_INVALID",
      message: "field 'amount' must be a number",
      path: ["1", "data", "amount"],
    },
    { code: "INVALID", message: "field 'userId' must not be empty", path: ["2", "userId"] },
    { code: "INVALID", message: "field 'type' is required", path: ["3", "type"] },
  ]);
  expect(await eventCount(hub)).toBe(before);
});

test("a wait out of range is reported with its index", async () => {
  const { userErrors } = await emitAll(hub, [{ type: "a" }, { type: "a", waitMs: 20_000 }]);
  expect(userErrors).toEqual([
    {
      code: "INVALID",
      message: "field 'waitMs' must be a whole number from 0 to 15000",
      path: ["1", "waitMs"],
    },
  ]);
});

test("a batch is answered when all its deliveries have ended, when one of its events asks to wait", async () => {
  await using target = await receiver();
  await registerHook(hub, { url: target.url, types: ["waiting"] });
  const { events: answered } = await emitAll(hub, [
    { type: "waiting" },
    { type: "waiting", waitMs: 10_000 },
    { type: "elsewhere" },
  ]);
  expect(answered?.map(({ status }) => status)).toEqual(["PROCESSED", "PROCESSED", "PROCESSED"]);
  expect(target.requests).toHaveLength(2);
});

test("concurrent callers each get their own errors alone", async () => {
  const calls = Array.from({ length: 60 }, (_, index) =>
    emit(hub, { type: "crowd", data: index, ...(index % 3 === 0 ? { userId: "" } : {}) }, "data"),
  );
  for (const [index, answer] of (await Promise.all(calls)).entries()) {
    expect(answer.userErrors).toHaveLength(index % 3 === 0 ? 1 : 0);
    expect(answer.event).toEqual(index % 3 === 0 ? null : { data: index });
  }
  expect(await eventCount(hub, "crowd")).toBe(40);
});

test("nothing is lost or doubled when the configuration changes under a stream of emits", async () => {
  let hooks = 0;
  const changes = async () => {
    for (; hooks < 8; hooks++) {
      await registerHook(hub, { url: "http://127.0.0.1:9/", types: [`changing.${hooks}`] });
    }
  };
  const emits = Array.from({ length: 200 }, (_, index) =>
    // Two of the same key in a crowd: whoever comes second is refused, and must not take others along.
    emit(hub, { type: "steady", data: index, idempotencyKey: `steady ${index % 100}` }, "data"),
  );
  const [answers] = await Promise.all([Promise.all(emits), changes()]);
  expect(answers.filter(({ event }) => event !== null)).toHaveLength(100);
  expect(answers.flatMap(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual(
    Array(100).fill("IDEMPOTENCY_CONFLICT"),
  );
  expect(await eventCount(hub, "steady")).toBe(100);
});

test("what is committed is not written again when others of its batch have to be planned anew", async () => {
  await using fresh = await freshDatabase();
  const { sql } = fresh.db;
  const { project } = await createProject(sql, "Support");
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  // Somebody's transaction holds the key of the second call, until the first is committed and the configuration moved.
  const holder = sql.begin(async (tx) => {
    await tx`select signalbox.emit('held', idempotency_key => 'held')`;
    held.resolve();
    await released.promise;
    throw new Error("rolled back");
  });
  const rolledBack = expect(holder).rejects.toThrow("rolled back");
  await held.promise;
  const emitter = createEmitter(sql, createProjectConfigs(sql), testPrograms(sql), {
    deliversHere: true,
    checkTarget: async (url) => url,
    onWaiting: () => {},
    onLate: () => {},
    onOverload: () => {},
    onAccepted: () => {
      const moved = sql.begin((tx) => bumpConfigVersion(tx, project.id));
      moved.then(() => released.resolve(), released.reject);
    },
  });
  const call = { projectId: project.id, origin: "API" as const };
  /** On a busy machine the key may be held for longer than a call waits for it. */
  const emitHeld = (): ReturnType<typeof emitter.emit> =>
    emitter
      .emit({ ...call, inputs: [{ type: "second", idempotencyKey: "held" }] })
      .catch((error) => (error.code === "55P03" ? emitHeld() : Promise.reject(error)));
  const [[first], [second]] = await Promise.all([
    emitter.emit({ ...call, inputs: [{ type: "first" }] }),
    emitHeld(),
  ]);
  await rolledBack;
  const rows = await sql`select id, type from signalbox.events order by type`;
  expect(rows).toEqual([
    { id: first?.event.id, type: "first" },
    { id: second?.event.id, type: "second" },
  ]);
});

test("calls with taken uids cost their batch a few statements, however many it has, and fail alone", async () => {
  await using fresh = await freshDatabase();
  const { project } = await createProject(fresh.db.sql, "Support");
  await using stack = new AsyncDisposableStack();
  let statements = 0;
  const counting = postgres(fresh.url, { max: 1, debug: () => statements++ });
  stack.defer(() => counting.end());
  const nothing = () => {};
  const emitter = createEmitter(
    counting as never,
    createProjectConfigs(fresh.db.sql),
    testPrograms(fresh.db.sql),
    {
      ...{ deliversHere: true, checkTarget: async (url: string) => url },
      ...{ onAccepted: nothing, onLate: nothing, onWaiting: nothing, onOverload: nothing },
    },
  );
  const emit = (uid: string) =>
    emitter.emit({
      projectId: project.id,
      origin: "API",
      inputs: [{ type: "paid", userId: "u", uid }],
    });
  await emit("stored");
  const uids = Array.from({ length: 64 }, (_, index) => `uid ${index}`);
  for (const at of [5, 33, 50]) uids[at] = "stored";
  for (const at of [20, 40]) uids[at] = "uid 10";
  // The first call begins a batch by itself.
  statements = 0;
  const answers = await Promise.allSettled([emit("first"), ...uids.map(emit)]);
  const refused = answers.flatMap(({ status }, index) =>
    status === "rejected" ? [index - 1] : [],
  );
  expect(refused).toEqual([5, 20, 33, 40, 50]);
  expect(answers[6]).toMatchObject({
    reason: { entries: [{ code: "NAME_TAKEN", path: ["0", "uid"] }] },
  });
  expect(statements).toBeLessThan(25);
});
