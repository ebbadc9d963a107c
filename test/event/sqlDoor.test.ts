import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Sql } from "../../src/db/connection/client.ts";
import { createProject } from "../../src/domain/project/project.ts";
import { MAX_JSON_DEPTH } from "../../src/util/json/jsonDepth.ts";
import { accepted, emit, eventCount, registerHook } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";
import { overSocket } from "../fixtures/subscription.ts";

/** Nested lists, `levels` deep. */
const nested = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

type Given = { data?: unknown; project?: string; user?: string; key?: string };

/** `select signalbox.emit(…)` on any connection; gives back the event's id. */
async function emitBySql(sql: Sql, type: string | null, given: Given = {}): Promise<string> {
  const data = given.data === undefined ? null : JSON.stringify(given.data);
  const [row] = await sql<{ id: string }[]>`
    select signalbox.emit(type => ${type}, data => ${data}::text::jsonb, project => ${given.project ?? null},
      user_id => ${given.user ?? null}, idempotency_key => ${given.key ?? null}) as id`;
  if (!row) throw new Error("emit gave no id");
  return row.id;
}

/** The message and SQLSTATE an emit by SQL fails with. */
const refusal = async (type: string | null, given: Given = {}) =>
  emitBySql(hub.db.sql, type, given).then(
    () => undefined,
    ({ message, code }) => ({ message, code }),
  );

async function read<Event extends object>(id: string, fields: string): Promise<Event | null> {
  const document = `query ($id: ID!) { event(id: $id) { ${fields} } }`;
  return (await hub.run<{ event: Event | null }>(document, { id })).event;
}

const ended = async (id: string, fields = "status error") => {
  await expect
    .poll(() => read(id, "status"), { timeout: 60_000 })
    .toSatisfy(({ status }) => status === "PROCESSED" || status === "FAILED");
  return read(id, fields);
};

test("an event emitted by SQL is delivered to the hooks that match it, and streamed", async () => {
  await using target = await receiver();
  const hookId = await registerHook(hub, { url: target.url, types: ["order.*"], userId: "ann" });
  const streamed = hub
    .socket()
    .iterate<{ eventEmitted: { event: { id: string; origin: string } } }>({
      query: `subscription { eventEmitted(types: ["order.paid"]) { event { id origin } } }`,
    });
  let event: { id: string; origin: string } | undefined;
  const first = streamed.next().then(({ value }) => {
    event = value?.data?.eventEmitted.event;
  });
  // The subscription takes a moment to begin: emits go on until it shows one.
  const ids: string[] = [];
  while (!event) {
    ids.push(await emitBySql(hub.db.sql, "order.paid", { data: { b: 1, a: [2] }, user: "ann" }));
    await ended(ids.at(-1) ?? "");
  }
  await first;
  await streamed.return?.();
  const { id } = event;
  expect(ids).toContain(id);
  const fields = `type name data userId status origin error why { hook { id } reason } deliveries { nodes { status } }`;
  expect(await ended(id, fields)).toEqual({
    type: "order.paid",
    name: "order.paid",
    data: { a: [2], b: 1 },
    userId: "ann",
    status: "PROCESSED",
    origin: "SQL",
    error: null,
    why: [{ hook: { id: hookId }, reason: "MATCHED" }],
    deliveries: { nodes: [{ status: "SUCCEEDED" }] },
  });
  expect(target.requests.map(({ headers }) => headers["webhook-id"])).toContain(id);
});

test("an event emitted by SQL commits and rolls back with the transaction it is part of", async () => {
  const rolledBack = hub.db.sql.begin(async (tx) => {
    const id = await emitBySql(tx, "rolled back");
    await tx`select 1 / 0 as ${tx(id)}`;
  });
  await expect(rolledBack).rejects.toThrow("division by zero");
  expect(await eventCount(hub, "rolled back")).toBe(0);

  const id = await hub.db.sql.begin(async (tx) => {
    const id = await emitBySql(tx, "committed");
    expect(await read(id, "id")).toBeNull();
    return id;
  });
  expect(await ended(id)).toEqual({ status: "PROCESSED", error: null });
});

test("a transaction that stays open holds up nobody: neither other emits nor those with the same key", async () => {
  const long = hub.db.sql.begin(async (tx) => {
    // As long as it takes: the hub's own sessions are cut after 5 s.
    await tx`set local idle_in_transaction_session_timeout = 0`;
    const id = await emitBySql(tx, "long", { key: "held" });
    const answers = await Promise.all([
      ...Array.from({ length: 20 }, (_, index) => emit(hub, { type: "meanwhile", data: index })),
      emit(hub, { type: "meanwhile", idempotencyKey: "free" }),
    ]);
    expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([]);
    expect(await ended(await emitBySql(hub.db.sql, "short"))).toMatchObject({ error: null });
    const [held, ...others] = await Promise.all([
      hub.send(
        `mutation { emitEvent(input: { type: "long", idempotencyKey: "held" }) { event { id } } }`,
      ),
      ...Array.from({ length: 10 }, (_, index) =>
        emit(hub, { type: "beside", data: index, idempotencyKey: `beside ${index}` }),
      ),
    ]);
    expect(others.flatMap(({ userErrors }) => userErrors)).toEqual([]);
    expect(held.errors?.[0]?.extensions.code).toBe("UNAVAILABLE");
    return id;
  });
  expect(await ended(await long)).toEqual({ status: "PROCESSED", error: null });
});

test("an event emitted by SQL that does not fit its type is FAILED and says why", async () => {
  await hub.run(
    `mutation { registerEventType(input: { name: "sql.typed", schema: { amount: "Number" } }) { userErrors { message } } }`,
  );
  const { feedCursor } = await hub.run<{ feedCursor: string }>("{ feedCursor }");
  const wrong = await emitBySql(hub.db.sql, "sql.typed", { data: { amount: "five" } });
  expect(await ended(wrong, "status error typeVersion deliveries { nodes { id } }")).toEqual({
    status: "FAILED",
    error: "field 'amount' must be a number",
    typeVersion: null,
    deliveries: { nodes: [] },
  });
  const right = await emitBySql(hub.db.sql, "sql.typed", { data: { amount: 5 } });
  expect(await ended(right, "status typeVersion")).toEqual({ status: "PROCESSED", typeVersion: 1 });
  // No hook receives the wrong one, so that it is never due.
  const query = `subscription ($after: String) {
    eventEmitted(types: ["sql.typed"], whenDue: true, after: $after) { event { id } } }`;
  await using live = overSocket<{ event: { id: string } }>(hub, query, { after: feedCursor });
  await expect.poll(() => live.items, { timeout: 60_000 }).toEqual([{ event: { id: right } }]);
});

test("any script and emoji may be in a type, and what joins them in a user", async () => {
  for (const [type, user] of [
    ["注文.作成", "می\u200cخواهم"],
    ["طلب", "👨\u200d👩\u200d👧"],
    ["🎉 a b", "❤\ufe0f"],
  ] as const) {
    expect(await read(await emitBySql(hub.db.sql, type, { user }), "type userId")).toEqual({
      type,
      userId: user,
    });
  }
});

describe("emitting by SQL is refused", () => {
  type Refusal = [what: string, type: string | null, given: Given, message: string];
  const refusals: Refusal[] = [
    ["without a type", null, {}, "field 'type' is required"],
    ["with an empty type", "", {}, "field 'type' is required"],
    [
      "with a long type",
      "😀".repeat(201),
      {},
      "field 'type' must have at most 200 characters and no control characters",
    ],
    [
      "with a type of two lines",
      "a\nb",
      {},
      "field 'type' must have at most 200 characters and no control characters",
    ],
    ["with a type of blanks", " \u3000", {}, "field 'type' must not be blank"],
    ...["a\u202eb", "a\u200bb", "\ufeffa", "a\u{e0041}", "a\u00ad", "👨\u200d👩"].map(
      (type): Refusal => [
        `with a type that hides something: ${JSON.stringify(type)}`,
        type,
        {},
        "field 'type' must not contain what cannot be seen or changes the direction of text",
      ],
    ),
    [
      "with a blank user",
      "a",
      { user: " " },
      "user_id must not be blank, and not contain what cannot be seen or changes the direction of text",
    ],
    [
      "with a key that hides something",
      "a",
      { key: "a\u200bb" },
      "idempotency_key must not be blank, and not contain what cannot be seen or changes the direction of text",
    ],
    [
      "with too much data",
      "a",
      { data: "x".repeat(262_143) },
      "data may take 262144 bytes (256 KiB) as JSON at most, this takes 262145",
    ],
    [
      "with data too deep",
      "a",
      { data: nested(MAX_JSON_DEPTH + 1) },
      `data may be nested ${MAX_JSON_DEPTH} levels deep at most`,
    ],
    [
      "with an empty user",
      "a",
      { user: "" },
      "user_id must have 1 to 200 characters and no control characters",
    ],
    [
      "with a user of two lines",
      "a",
      { user: "a\nb" },
      "user_id must have 1 to 200 characters and no control characters",
    ],
    [
      "with a long key",
      "a",
      { key: "x".repeat(256) },
      "idempotency_key must have 1 to 255 characters and no control characters",
    ],
    [
      "with a key of two lines",
      "a",
      { key: "a\u0085b" },
      "idempotency_key must have 1 to 255 characters and no control characters",
    ],
  ];
  test.each(refusals)("%s", async (_what, type, given, message) => {
    expect(await refusal(type, given)).toEqual({ message, code: "22023" });
  });

  test("for a project that there is not", async () => {
    expect(await refusal("a", { project: "nowhere" })).toEqual({
      message: "no project 'nowhere'; name one by its slug or id",
      code: "P0002",
    });
  });
});

test("the limits of the SQL door are not lower than they say", async () => {
  const type = "😀".repeat(200);
  const data = nested(MAX_JSON_DEPTH);
  await emitBySql(hub.db.sql, type, { data, user: type, key: "x".repeat(255) });
  const id = await emitBySql(hub.db.sql, "big", { data: "x".repeat(262_142) });
  expect(await ended(id)).toEqual({ status: "PROCESSED", error: null });
});

test("the same key with the same body gives the first event again, with another it is refused", async () => {
  const given = { data: { a: 1, b: 2 }, user: "u", key: "sql key" };
  const id = await emitBySql(hub.db.sql, "sql.once", given);
  expect(await emitBySql(hub.db.sql, "sql.once", { ...given, data: { b: 2, a: 1 } })).toBe(id);
  const others: [string, Given][] = [
    ["sql.other", given],
    ["sql.once", { ...given, data: { a: 1 } }],
    ["sql.once", { data: given.data, key: given.key }],
    ["sql.once", { ...given, user: "v" }],
  ];
  for (const [type, other] of others) {
    expect(await refusal(type, other)).toEqual({
      message: "idempotency key 'sql key' was used before with another body",
      code: "23505",
    });
  }
  // Nor can a text in one place pass for the same text in another.
  await emitBySql(hub.db.sql, "sql.place", { data: "x", key: "place" });
  expect(await refusal("sql.place", { user: '"x"', key: "place" })).toMatchObject({
    code: "23505",
  });
  expect(await eventCount(hub, "sql.once")).toBe(1);
});

test("the oldest project is meant unless another is named by its slug or id", async () => {
  const { project, key } = await createProject(hub.db.sql, "Billing (EU)");
  for (const name of [project.slug, project.id]) {
    const id = await emitBySql(hub.db.sql, "named", { project: name });
    expect(await read(id, "id")).toBeNull();
    const seen = await hub.run("query ($id: ID!) { event(id: $id) { type } }", { id }, key);
    expect(seen).toEqual({ event: { type: "named" } });
  }
  await hub.run(
    `mutation { updateProject(input: { requireRegisteredTypes: true }) { userErrors { code } } }`,
    {},
    key,
  );
  expect(await refusal("unknown", { project: project.slug })).toEqual({
    message: "unknown type: 'unknown'",
    code: "22023",
  });
  expect(await accepted(hub, { type: "unknown" }, "type")).toEqual({ type: "unknown" });
});
