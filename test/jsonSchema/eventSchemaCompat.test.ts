import { expect, test } from "vitest";
import { breakingChanges } from "../../src/jsonSchema/compat/compat.ts";
import { compileSchema } from "../../src/jsonSchema/compile.ts";
import { canonicalSchema } from "../../src/jsonSchema/schema.ts";
import { randomSource } from "../fixtures/randomSchema.ts";

/** The breaks of a change, as "path: message". */
const breaks = (before: unknown, after: unknown) =>
  breakingChanges(canonicalSchema(before), canonicalSchema(after)).map(
    ({ path, message }) => `${path.join(".")}: ${message}`,
  );
const field = (schema: unknown) => ({ type: "object", properties: { a: schema } });

test("a new optional field, a field that is dropped and one that need not come any more break nothing", () => {
  expect(breaks({ a: "String" }, { a: "String", b: "Number?" })).toEqual([]);
  expect(breaks({ a: "String", b: "Number" }, { a: "String" })).toEqual([]);
  expect(breaks({ a: "String" }, { a: "String?" })).toEqual([]);
});

test("a new required field breaks, at the path of the field", () => {
  expect(breaks({ a: "String" }, { a: "String", b: "Number" })).toEqual([
    "schema.b: field 'b' is now required",
  ]);
  expect(breaks({ o: { a: "String?" } }, { o: { a: "String" } })).toEqual([
    "schema.o.a: field 'o.a' is now required",
  ]);
});

test.each([
  ["a type that changed", { type: "string" }, { type: "number" }],
  ["a type that became narrower", { type: "number" }, { type: "integer" }],
  ["a type where there was none", {}, { type: "string" }],
  ["null that is no longer allowed", { type: ["string", "null"] }, { type: "string" }],
  ["an enum where there was none", { type: "string" }, { enum: ["x"] }],
  ["an enum with a value less", { enum: ["x", "y"] }, { enum: ["x"] }],
  ["a const that changed", { const: 1 }, { const: 2 }],
  ["a longer minimum length", { minLength: 1 }, { minLength: 2 }],
  ["a maximum where there was none", { type: "number" }, { type: "number", maximum: 5 }],
  ["a minimum that is excluded now", { minimum: 1 }, { exclusiveMinimum: 1 }],
  ["another pattern", { pattern: "^a" }, { pattern: "^b" }],
  ["a format", { type: "string" }, { type: "string", format: "email" }],
  ["items that became narrower", { items: { type: "number" } }, { items: { type: "integer" } }],
  ["more items", { minItems: 1 }, { minItems: 2 }],
  ["items that have to differ", { type: "array" }, { type: "array", uniqueItems: true }],
  ["a closed object", { type: "object" }, { type: "object", additionalProperties: false }],
  ["an object closed the other way", { type: "object" }, { unevaluatedProperties: false }],
  [
    "a branch less",
    { anyOf: [{ type: "string" }, { type: "null" }] },
    { anyOf: [{ type: "null" }] },
  ],
  ["a oneOf that changed", { oneOf: [{ type: "null" }] }, { oneOf: [{ type: "string" }] }],
  ["a not", {}, { not: { type: "null" } }],
  [
    "another allOf",
    { allOf: [{ properties: { x: { type: "string" } } }] },
    { allOf: [{ properties: { x: { type: "number" } } }] },
  ],
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  ["a condition", {}, { if: { type: "string" }, then: { minLength: 2 } }],
  ["a dependency", {}, { dependentRequired: { x: ["y"] } }],
  ["names of fields", {}, { propertyNames: { pattern: "^[a-z]+$" } }],
  ["patterns of fields", {}, { patternProperties: { "^x": { type: "string" } } }],
])("breaks: %s", (_what, before, after) => {
  expect(breaks(field(before), field(after))).not.toEqual([]);
  expect(breaks(field(after), field(after))).toEqual([]);
});

test.each([
  ["a wider type", { type: "integer" }, { type: "number" }],
  ["null allowed as well", { type: "string" }, { type: ["string", "null"] }],
  ["one more value", { enum: ["x"] }, { enum: ["y", "x"] }],
  ["a list instead of one value", { const: "x" }, { enum: ["x", "y"] }],
  ["looser limits", { minimum: 5, maxLength: 3 }, { minimum: 4, maxLength: 4 }],
  [
    "one more branch",
    { anyOf: [{ type: "string" }] },
    { anyOf: [{ type: "null" }, { type: "string" }] },
  ],
  [
    "the schema as one of several",
    { type: "string" },
    { anyOf: [{ type: "null" }, { type: "string" }] },
  ],
  [
    "a field in a closed object",
    { properties: {}, additionalProperties: false },
    { properties: { x: { type: "string" } }, additionalProperties: false },
  ],
  ["a format that is not enforced", { type: "string" }, { type: "string", format: "colour" }],
  [
    "words",
    { type: "string" },
    { type: "string", title: "Name", description: "…", examples: ["x"] },
  ],
  ["anything at all", { type: "string" }, {}],
])("breaks nothing: %s", (_what, before, after) => {
  expect(breaks(field(before), field(after))).toEqual([]);
});

test("a schema where there was none breaks, and none where there was one does not", () => {
  expect(breaks(null, { a: "String?" })).not.toEqual([]);
  expect(breaks({}, { properties: { a: { type: "string" } } })).not.toEqual([]);
  expect(breaks({ a: "String" }, null)).toEqual([]);
});

test("references are compared by what they stand for, in trees as well", () => {
  const tree = (value: unknown) => ({
    $ref: "#/$defs/node",
    $defs: {
      node: {
        type: "object",
        properties: { value, children: { type: "array", items: { $ref: "#/$defs/node" } } },
      },
    },
  });
  const inlined = {
    type: "object",
    properties: {
      value: { type: ["string", "null"] },
      children: { type: "array", items: { $ref: "#" } },
    },
  };
  expect(breaks(tree({ type: "string" }), inlined)).toEqual([]);
  expect(breaks(inlined, tree({ type: "string" }))).toEqual([
    "schema.value: field 'value' must now be a string and was a string or null",
  ]);
});

test("whatever breaks nothing accepts all that was accepted before", () => {
  const random = randomSource(20_260_101);
  let compatible = 0;
  for (let round = 0; round < 300; round += 1) {
    const before = random.schema();
    const after = random.changed(before);
    if (breakingChanges(before, after).length > 0) continue;
    compatible += 1;
    const [checkBefore, checkAfter] = [compileSchema(before), compileSchema(after)];
    for (let sample = 0; sample < 80; sample += 1) {
      const data = random.data();
      if (checkBefore(data).length > 0) continue;
      expect(checkAfter(data), JSON.stringify({ before, after, data })).toEqual([]);
    }
  }
  expect(compatible).toBeGreaterThan(50);
});
