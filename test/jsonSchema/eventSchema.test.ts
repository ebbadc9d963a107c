import { describe, expect, test } from "vitest";
import { canonicalSchema } from "../../src/jsonSchema/schema.ts";
import { UserError } from "../../src/util/userError.ts";

/** The errors of a schema that is refused. */
function refusal(input: unknown) {
  try {
    canonicalSchema(input);
  } catch (error) {
    if (error instanceof UserError) return error.entries[0];
    throw error;
  }
  throw new Error("the schema is accepted");
}

describe("shorthand", () => {
  test("names the type of each field, all required unless they end in a question mark", () => {
    expect(canonicalSchema({ ticketName: "String", amount: "Number", note: "String?" })).toEqual({
      type: "object",
      properties: {
        ticketName: { type: "string" },
        amount: { type: "number" },
        note: { type: "string" },
      },
      required: ["ticketName", "amount"],
    });
  });

  test("knows its type words in any case, and takes any other value as a sample", () => {
    const shorthand = {
      a: "INTEGER",
      b: "boolean",
      c: "Object",
      d: "array",
      e: "Any",
      f: "contact@runalloy.com",
      g: 5,
      h: true,
      i: null,
      j: ["a", "b"],
      k: {},
    };
    expect(canonicalSchema(shorthand)?.properties).toEqual({
      a: { type: "integer" },
      b: { type: "boolean" },
      c: { type: "object" },
      d: { type: "array" },
      e: {},
      f: { type: "string" },
      g: { type: "number" },
      h: { type: "boolean" },
      i: {},
      j: { type: "array" },
      k: { type: "object" },
    });
  });

  test("nests in objects and in arrays of one item", () => {
    const lines = {
      type: "array",
      items: { type: "object", properties: { sku: { type: "string" } } },
    };
    expect(canonicalSchema({ order: { lines: [{ sku: "String?" }] } })).toEqual({
      type: "object",
      properties: { order: { type: "object", properties: { lines }, required: ["lines"] } },
      required: ["order"],
    });
  });

  test.each([
    { type: "String" },
    { type: "string", title: "string" },
    { type: "string", amount: "number" },
    { title: "String", description: "String" },
    { items: ["String"], required: "Boolean" },
    { items: { sku: "String" } },
    { properties: "Object" },
    { enum: "String", format: "String" },
  ])("is what has fields of type words: %j", (input) => {
    expect(Object.keys(Object(canonicalSchema(input)?.properties))).toEqual(Object.keys(input));
  });

  test.each([
    "Int",
    "Numbr",
    "string ",
    " Number",
    "String ?",
    "Strng?",
    "date-time",
    "String[]",
    "string|null",
    "int32",
  ])("refuses a word that is no type, and lists those there are: %j", (word) => {
    for (const [shorthand, path] of [
      [{ a: word }, ["schema", "a"]],
      [{ a: { b: [word] } }, ["schema", "a", "b", "0"]],
      [{ type: word, b: "String" }, ["schema", "type"]],
    ] as const) {
      const { code, path: where, message } = refusal(shorthand) ?? {};
      expect({ code, where }).toEqual({ code: "SCHEMA_INVALID", where: path });
      expect(message).toContain(
        "is not a type: use String, Number, Integer, Boolean, Object, Array, Date or Any",
      );
    }
  });

  test.each(["contact@runalloy.com", "Ann Smith", "2026-01-01", "", "12", "order-created", "é"])(
    "takes a text that looks like no type as a sample: %j",
    (sample) => {
      expect(canonicalSchema({ a: sample })?.properties).toEqual({ a: { type: "string" } });
    },
  );

  test("does not mix with JSON Schema", () => {
    expect(refusal({ name: "String", amount: { type: "number", minimum: 0 } })).toMatchObject({
      code: "SCHEMA_INVALID",
      path: ["schema", "amount"],
    });
  });
});

describe("JSON Schema", () => {
  test.each([
    {},
    { type: "object" },
    { type: "string" },
    { type: "string", format: "date" },
    { type: ["object", "null"], title: "Ticket", "x-owner": "support" },
    { type: "array", items: { type: "string" } },
    { properties: { type: { type: "string" } } },
    { required: ["name"] },
    { $ref: "#/$defs/a", $defs: { a: { type: "object" } } },
    { anyOf: [{ type: "object" }, { type: "null" }] },
    { $schema: "https://json-schema.org/draft/2020-12/schema", title: "x" },
    { $id: "https://example.org/ticket.json", type: "object" },
    { $ref: "#node", $defs: { n: { $anchor: "node", properties: { next: { $ref: "#node" } } } } },
  ])("is kept as it is: %j", (input) => {
    expect(canonicalSchema(input)).toBe(input);
  });

  test("of nothing, null or true accepts anything", () => {
    expect([undefined, null, true].map(canonicalSchema)).toEqual([null, null, null]);
  });

  test.each([
    [false, [], "leave it out"],
    ["String", [], "JSON Schema, or shorthand"],
    [["String"], [], "JSON Schema, or shorthand"],
    [{ properties: { a: { type: "strng" } } }, ["properties", "a", "type"], "'string'"],
    [{ properties: { a: "String" } }, ["properties", "a"], "must be an object or a boolean"],
    [{ type: "object", required: "a" }, ["required"], "must be an array"],
    [{ type: "object", minProperties: -1 }, ["minProperties"], "at least 0"],
    [{ $schema: "http://json-schema.org/draft-07/schema#" }, ["$schema"], "2020-12"],
    [{ $ref: "https://example.org/a.json" }, ["$ref"], "in this document"],
    [{ $ref: "#/$defs/nowhere" }, ["$ref"], "in this document"],
    [{ $ref: "#/enum/0", enum: [{}] }, ["$ref"], "in this document"],
    [{ $dynamicRef: "#a" }, ["$dynamicRef"], "use '$ref'"],
    [{ properties: { a: { $id: "b" } } }, ["properties", "a", "$id"], "top of a schema"],
    [{ type: "object", dependencies: { a: ["b"] } }, ["dependencies"], "dependentRequired"],
    [JSON.parse('{"__proto__":"String"}'), ["__proto__"], "no field can have"],
  ])("is refused where it is wrong: %j", (input, path, words) => {
    const { code, path: where, message } = refusal(input) ?? {};
    expect({ code, where }).toEqual({ code: "SCHEMA_INVALID", where: ["schema", ...path] });
    expect(message).toContain(words);
  });

  test.each(["(?=a)b", "(a)\\1", "(?<n>a)\\k<n>", "(", "a{5001}"])(
    "takes no pattern that cannot be run in linear time: %s",
    (pattern) => {
      const { path, message } = refusal({ properties: { code: { pattern } } }) ?? {};
      expect(path).toEqual(["schema", "properties", "code", "pattern"]);
      expect(message).toContain(`'${pattern}'`);
    },
  );
});
