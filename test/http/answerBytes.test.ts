import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestHub, testHub } from "../fixtures/hub.ts";

const KiB = 1024;
/** Two of them fit into an answer several times, all of them do not. */
const EVENTS = 24;

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  const data = { text: "x".repeat(200 * KiB) };
  for (let sent = 0; sent < EVENTS; sent += 8)
    await hub.run(
      "mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) { userErrors { message } } }",
      { input: Array.from({ length: 8 }, () => ({ type: "big", data })) },
    );
});
afterAll(() => hub[Symbol.asyncDispose]());

const limitOnly = {
  status: 400,
  errors: [
    {
      message: "The answer: at most 8 MiB. Ask for fewer items or fewer large fields.",
      extensions: { code: "LIMIT_EXCEEDED" },
    },
  ],
};

test("a list that would be over 8 MiB is one error, and fewer of it are answered", async () => {
  const twice = (first: number) =>
    hub.send<{ events: { nodes: unknown[] } }>(
      `{ events(first: ${first}) { nodes { data again: data } } }`,
    );
  expect(await twice(EVENTS)).toEqual(limitOnly);
  const few = await twice(10);
  expect(few.errors).toBeUndefined();
  expect(few.data.events.nodes).toHaveLength(10);
});

test("one row shown often, and many fields that show it once, count as much", async () => {
  const often = Array.from({ length: 25 }, (_, n) => `a${n}: data b${n}: cloudEvent`).slice(0, 15);
  expect(await hub.send(`{ events(first: 2) { nodes { ${often.join(" ")} } } }`)).toEqual(
    limitOnly,
  );
  const fields = Array.from({ length: 20 }, (_, n) => `e${n}: events(first: 3) { nodes { data } }`);
  expect(await hub.send(`{ ${fields.join(" ")} }`)).toEqual(limitOnly);
});

test("the result of a mutation is returned, though its answer is cut", async () => {
  const answer = await hub.send<{ emitEvents: { userErrors: unknown[] } | null }>(
    `mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) {
      events { a: data b: data c: data d: data e: data f: data } userErrors { message } } }`,
    { input: Array.from({ length: 8 }, () => ({ type: "big", data: "x".repeat(200 * KiB) })) },
  );
  expect(answer.errors).toHaveLength(1);
  expect(answer.errors?.[0]?.extensions.code).toBe("LIMIT_EXCEEDED");
  expect(answer.errors?.[0]?.path?.[0]).toBe("emitEvents");
});

test("a list without the large fields does not read them, so that it may be long", async () => {
  const { sql } = hub.db;
  // Together 60 MB, of which nothing is asked for.
  await sql`update signalbox.events set content = to_json(repeat('y', 250000))`;
  await sql`analyze signalbox.events`;
  const fields = Array.from({ length: 6 }, (_, n) => `e${n}: events { nodes { id type name } }`);
  const answer = await hub.send<Record<string, { nodes: unknown[] }>>(`{ ${fields.join(" ")} }`);
  expect(answer.errors).toBeUndefined();
  expect(answer.data.e5?.nodes).toHaveLength(20);
});

test("rows are counted as they are read, though the answer would be short", async () => {
  await hub.run(`mutation { registerEventType(input: { name: "big", schema: { a: "String" } }) {
    userErrors { message } } }`);
  await hub.db.sql`
    insert into signalbox.event_type_versions (project_id, event_type_id, version, schema, json_schema)
    select project_id, id, n, to_json(repeat('y', 65000)), to_json(repeat('y', 65000))
    from signalbox.event_types, generate_series(2, 600) n where name = 'big'`;
  const { status, errors } = await hub.send("{ eventTypes { nodes { versions { version } } } }");
  expect(status).toBe(400);
  expect(errors).toMatchObject([
    {
      message:
        "Rows read for one request: at most 32 MiB. Ask for fewer items or fewer large fields.",
      extensions: { code: "LIMIT_EXCEEDED" },
    },
  ]);
});
