import { describe, expect, test } from "vitest";
import { compileSchema } from "../../src/jsonSchema/compile.ts";
import type { SchemaObject } from "../../src/jsonSchema/document.ts";
import { canonicalSchema } from "../../src/jsonSchema/schema.ts";

/** What is wrong with the data, in words. */
const errorsOf = (schema: SchemaObject, data: unknown) =>
  compileSchema(schema)(data).map(({ message }) => message);
/** What is wrong with the field `x`, in words. */
const errorsOfX = (schema: SchemaObject, x: unknown) =>
  errorsOf({ properties: { x: schema } }, { x });

describe("problems are told as goflow does", () => {
  const uuid = "0e06f977-cbb7-475f-9d0b-a0c4aaec7f6a";
  const message = {
    type: "object",
    properties: {
      labels: { type: "array", minItems: 1, items: { properties: { uuid: { format: "uuid4" } } } },
      urn: { type: "string", format: "urn" },
    },
    required: ["labels"],
  };

  test("with the path of the field in both spellings", () => {
    const data = { labels: [{ uuid: uuid.toUpperCase() }, { uuid }], urn: "tel:+1" };
    expect(compileSchema(message)(data)).toEqual([
      {
        path: ["data", "labels", "0", "uuid"],
        message: "field 'labels[0].uuid' must be a valid UUID4",
      },
      { path: ["data", "urn"], message: "field 'urn' failed tag 'urn'" },
    ]);
  });

  test("a missing field by its own path", () => {
    expect(compileSchema(message)({})).toEqual([
      { path: ["data", "labels"], message: "field 'labels' is required" },
    ]);
  });

  test("the data as a whole by its name, or the name the caller gives it", () => {
    expect(compileSchema(message)(null)).toEqual([
      { path: ["data"], message: "field 'data' must be an object" },
    ]);
    expect(compileSchema(message)([], "example")).toEqual([
      { path: ["example"], message: "field 'example' must be an object" },
    ]);
    expect(errorsOf({ items: { type: "string" } }, ["a", 1])).toEqual([
      "field 'data[1]' must be a string",
    ]);
  });

  test.each([
    [{ minItems: 2 }, [], "must have a minimum of 2 items"],
    [{ maxItems: 1 }, [1, 2], "must have a maximum of 1 items"],
    [{ format: "uuid" }, "x", "must be a valid UUID"],
    [{ format: "uri" }, "x y", "is not a valid URL"],
    [{ minLength: 1 }, "", "is required"],
    [{ type: "integer" }, 1.5, "must be an integer"],
    [{ type: ["string", "null"] }, 1, "must be a string or null"],
    [{ enum: ["a", 1, null] }, "b", "must be one of 'a', 1, null"],
    [{ const: "a" }, "b", "must be 'a'"],
    [{ pattern: "^a+$" }, "b", "must match pattern '^a+$'"],
    [{ minLength: 3 }, "ab", "must be at least 3 characters"],
    [{ maxLength: 1 }, "ab", "must be at most 1 character"],
    [{ minimum: 5 }, 4, "must be at least 5"],
    [{ exclusiveMaximum: 5 }, 5, "must be less than 5"],
    [{ multipleOf: 0.01 }, 1.005, "must be a multiple of 0.01"],
    [
      { uniqueItems: true },
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      "must not have the same item twice",
    ],
    [{ format: "email" }, "x", "must be a valid email address"],
    [{ format: "date-time" }, "2026-02-30T00:00:00Z", "must be a valid RFC 3339 date-time"],
    [false, 1, "is not allowed"],
  ])("%j of %j", (schema, value, sentence) => {
    expect(errorsOf({ properties: { x: schema } }, { x: value })).toEqual([
      `field 'x' ${sentence}`,
    ]);
  });

  test("at most twenty at a time", () => {
    const names = Array.from({ length: 50 }, (_, index) => `f${index}`);
    expect(errorsOf({ required: names }, {})).toHaveLength(20);
  });
});

describe("fields", () => {
  test("that are not allowed are named", () => {
    const schema = { properties: { a: {} }, additionalProperties: false };
    expect(compileSchema(schema)({ a: 1, "b/c": 2 })).toEqual([
      { path: ["data", "b/c"], message: "field 'b/c' is not allowed" },
    ]);
    expect(errorsOf({ propertyNames: { pattern: "^[a-z]+$" } }, { A: 1 })).toEqual([
      "field 'A' has a name that must match pattern '^[a-z]+$'",
    ]);
  });

  test("are the data's own, whatever objects inherit", () => {
    expect(errorsOf({ required: ["toString", "constructor"] }, {})).toHaveLength(2);
  });

  test("depend on each other", () => {
    expect(errorsOf({ dependentRequired: { card: ["cvc"] } }, { card: 1 })).toEqual([
      "field 'cvc' is required when 'card' is given",
    ]);
    const either = { oneOf: [{ required: ["uuid"] }, { required: ["name_match"] }] };
    const excluded = ["field 'uuid' is mutually exclusive with 'name_match'"];
    expect(errorsOf(either, {})).toEqual(excluded);
    expect(errorsOf(either, { uuid: 1, name_match: 2 })).toEqual(excluded);
    expect(errorsOf(either, { uuid: 1 })).toEqual([]);
    expect(errorsOf({ not: { required: ["a", "b"] } }, { a: 1, b: 1 })).toEqual([
      "field 'a' is mutually exclusive with 'b'",
    ]);
  });
});

describe("of several shapes", () => {
  const card = {
    type: "object",
    properties: { kind: { const: "card" }, number: { type: "string", minLength: 4 } },
    required: ["kind", "number"],
  };
  const bank = {
    type: "object",
    properties: { kind: { const: "bank" }, iban: { $ref: "#/$defs/iban" } },
    required: ["kind", "iban"],
  };
  const iban = { type: "string", pattern: "^[A-Z]{2}" };
  const inlined = { properties: { pay: { oneOf: [card, bank] } }, $defs: { iban } };
  const referred = {
    properties: { pay: { oneOf: [{ $ref: "#/$defs/card" }, { $ref: "#/$defs/bank" }] } },
    $defs: { card, bank, iban },
  };

  test.each([inlined, referred])("the one that was meant is explained", (schema) => {
    expect(errorsOf(schema, { pay: { kind: "card" } })).toEqual(["field 'pay.number' is required"]);
    expect(errorsOf(schema, { pay: { kind: "bank", iban: "12" } })).toEqual([
      "field 'pay.iban' must match pattern '^[A-Z]{2}'",
    ]);
  });

  test.each([inlined, referred])("the choice is told where none was meant", (schema) => {
    expect(errorsOf(schema, { pay: { kind: "cash" } })).toEqual([
      "field 'pay.kind' must be 'card' or 'bank'",
    ]);
    expect(errorsOf(schema, { pay: 1 })).toEqual(["field 'pay' must be an object"]);
  });

  test("types and formats become one sentence", () => {
    const nullable = { anyOf: [{ type: "string", minLength: 2 }, { type: "null" }] };
    expect(errorsOfX(nullable, 1)).toEqual(["field 'x' must be a string or null"]);
    expect(errorsOfX(nullable, "a")).toEqual(["field 'x' must be at least 2 characters"]);
    const date = compileSchema(canonicalSchema({ x: "Date" }) ?? {});
    expect(date({ x: "2026-01-31" })).toEqual([]);
    expect(date({ x: "2026-01-31T10:00:00.123456789+02:00" })).toEqual([]);
    expect(date({ x: "tomorrow" })[0]?.message).toBe(
      "field 'x' must be a valid RFC 3339 date-time or a valid RFC 3339 date",
    );
  });

  test("nothing is told of what stands beside them and fits", () => {
    const schema = {
      properties: { a: { type: "string" }, b: { anyOf: [{ type: "null" }, { minimum: 3 }] } },
    };
    expect(errorsOf(schema, { a: 1, b: 2 })).toEqual([
      "field 'a' must be a string",
      "field 'b' must be at least 3",
    ]);
  });

  test("more than one that fits is one too many for oneOf", () => {
    expect(errorsOfX({ oneOf: [{ minimum: 1 }, { minimum: 2 }] }, 3)).toEqual([
      "field 'x' matches more than one of the shapes of which one is allowed",
    ]);
  });
});

describe("a URN", () => {
  const check = compileSchema({ format: "urn" });
  test.each([
    "tel:+12065551212",
    "twitterid:54784326227#nyaruka",
    "mailto:foo@bar.com",
    "ext:any thing",
    "facebook:ref:x",
    "viber:xy5/5y6O81+/kbWHpLhBoA==",
    "tel:+1234?id=1#bob",
  ])("is %s", (urn) => {
    expect(check(urn)).toEqual([]);
  });
  test.each([
    "tel:",
    "tel:+1",
    "bogus:1",
    "constructor:1",
    "twitter:too_long_for_twitter",
    "twitterid:x",
    "twitterid:1#a b",
    "mailto:a",
    "telegram:a",
    "12065551212",
    "",
  ])("is not %s", (urn) => {
    expect(check(urn)).toHaveLength(1);
  });
});

test("unknown keywords and formats are annotations, even those ajv knows", () => {
  const schema = {
    type: "string",
    format: "constructor",
    nullable: true,
    $async: true,
    discriminator: { propertyName: "x" },
  };
  expect(compileSchema(schema)("x")).toEqual([]);
  expect(compileSchema(schema)(null)).toHaveLength(1);
});

test("a tree may refer to itself, to any depth of the data", () => {
  const check = compileSchema({
    $anchor: "node",
    required: ["id"],
    properties: { child: { $ref: "#node" } },
  });
  let tree: object = { id: 0 };
  for (let level = 0; level < 60; level += 1) tree = { id: level, child: tree };
  expect(check(tree)).toEqual([]);
  expect(check({ id: 1, child: { child: { id: 3 } } }).map(({ path }) => path.join("."))).toEqual([
    "data.child.id",
  ]);
});
