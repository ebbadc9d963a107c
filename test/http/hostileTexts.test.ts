import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { operationOf, rootFields, textPlaces } from "../fixtures/everyField.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

const NUL = "a\0b";
const HALF = "a\ud800b";

test("no text that PostgreSQL cannot hold, in any argument there is, is an internal error", async () => {
  const { roots } = await rootFields(hub);
  const internal: string[] = [];
  let places = 0;
  for (const root of roots) {
    if (root.operation === "subscription") continue;
    for (const { path, type } of textPlaces(root, ["ID", "String", "JSON"])) {
      places++;
      const bad = type === "JSON" ? [{ [NUL]: NUL }, { [HALF]: HALF }, NUL, HALF] : [NUL, HALF];
      for (const value of bad) {
        const { query, variables } = operationOf(root, { [path]: value }, 0);
        const { errors = [] } = await hub.send(query, variables);
        const isInternal = errors.some(({ extensions }) => !known.has(extensions.code));
        if (isInternal) internal.push(`${root.name} ${path} ${JSON.stringify([value, errors])}`);
      }
    }
  }
  expect(internal).toEqual([]);
  expect(places).toBeGreaterThan(100);
});
const known = new Set([
  "BAD_REQUEST",
  "INVALID",
  "FILTER_INVALID",
  "CURSOR_EXPIRED",
  "LIMIT_EXCEEDED",
]);

describe("a schema", () => {
  test.each([
    { properties: { [HALF]: {} } },
    { type: "object", required: [HALF] },
    { properties: { a: { enum: ["x", HALF] } } },
    { properties: { a: { const: { deep: [HALF] } } } },
    { properties: { a: { pattern: HALF } } },
    { patternProperties: { [HALF]: {} } },
    { type: "object", description: HALF },
    { [HALF]: "String" },
  ])("that holds half a character is SCHEMA_INVALID: %j", async (schema) => {
    const { registerEventType } = await hub.run<{
      registerEventType: { userErrors: { code: string; message: string; path: string[] }[] };
    }>(
      `mutation ($schema: JSON) { registerEventType(input: { name: "half", schema: $schema }) {
        userErrors { code message path } } }`,
      { schema },
    );
    const [error] = registerEventType.userErrors;
    expect([error?.code, error?.path[0]]).toEqual(["SCHEMA_INVALID", "schema"]);
    expect(error?.message).toContain("halves of characters");
  });
});

test.each([NUL, HALF])("a filter that holds %j is FILTER_INVALID", async (text) => {
  for (const call of [
    'registerHook(input: { url: "https://example.com", types: ["a"], filter: $filter })',
    'previewHook(input: { types: ["a"], filter: $filter })',
  ]) {
    const kind = call.startsWith("preview") ? "query" : "mutation";
    const document = `${kind} ($filter: String) { ${call} { userErrors { code path } } }`;
    const { data } = await hub.send<Record<string, { userErrors: object[] }>>(document, {
      filter: `event.data.a == "${text}"`,
    });
    expect(Object.values(data)[0]?.userErrors).toEqual([
      { code: "FILTER_INVALID", path: ["filter"] },
    ]);
  }
});
