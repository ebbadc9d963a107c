import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestHub, testHub } from "./fixtures/hub.ts";

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
      message: "The answer: at most 8 MiB. Ask for fewer items, or for fewer of the large fields.",
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

test("what a mutation has done is told, though its answer is cut", async () => {
  const answer = await hub.send<{ emitEvents: { userErrors: unknown[] } | null }>(
    `mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) {
      events { a: data b: data c: data d: data e: data f: data } userErrors { message } } }`,
    { input: Array.from({ length: 8 }, () => ({ type: "big", data: "x".repeat(200 * KiB) })) },
  );
  expect(answer.errors).toHaveLength(1);
  expect(answer.errors?.[0]?.extensions.code).toBe("LIMIT_EXCEEDED");
  expect(answer.errors?.[0]?.path?.[0]).toBe("emitEvents");
});
