import { describe, expect, test } from "vitest";
import { compileSchema } from "../../src/jsonSchema/compile.ts";
import { canonicalSchema } from "../../src/jsonSchema/schema.ts";
import { cpuMs } from "../fixtures/cpuTime.ts";

/** Far more processor time than any of these takes (some 0.4 s at the worst), far less than what they ask for. */
const patienceMs = 5_000;

function timed<Result>(work: () => Result): Result {
  const start = process.cpuUsage();
  const result = work();
  expect(cpuMs(start)).toBeLessThan(patienceMs);
  return result;
}

const repeat = (times: number, name: string, make: (index: number) => unknown) =>
  Object.fromEntries(Array.from({ length: times }, (_, index) => [`${name}${index}`, make(index)]));
const nested = (levels: number, wrap: (inner: unknown) => unknown) => {
  let value: unknown = {};
  for (let level = 0; level < levels; level += 1) value = wrap(value);
  return value;
};

describe("a schema that nobody should have to wait for is refused", () => {
  test.each([
    ["too many bytes", { type: "object", description: "x".repeat(70_000) }, "65536 bytes"],
    ["too deep", nested(5_000, (not) => ({ not })), "64 levels"],
    ["a shorthand too deep", nested(40, (a) => ({ a })), "64 levels"],
    ["too many subschemas", { properties: repeat(1_100, "p", () => ({})) }, "1000 subschemas"],
    ["too many branches", { oneOf: Array(201).fill({ type: "null" }) }, "200 schemas"],
    ["a reference to itself", { $ref: "#" }, "refers to itself"],
    [
      "references that go round",
      {
        $ref: "#/$defs/a",
        $defs: { a: { anyOf: [{ $ref: "#/$defs/b" }] }, b: { not: { $ref: "#/$defs/a" } } },
      },
      "refers to itself",
    ],
    [
      "a chain of references",
      {
        $ref: "#/$defs/a0",
        $defs: { ...repeat(40, "a", (i) => ({ $ref: `#/$defs/a${i + 1}` })), a40: {} },
      },
      "more than 32 references",
    ],
    [
      "references nested in depth",
      {
        $ref: "#/$defs/a0",
        $defs: {
          ...repeat(98, "a", (i) => nestedIn(4, { $ref: `#/$defs/a${i + 1}` })),
          a98: {},
        },
      },
      "nested too deeply",
    ],
    ["a pattern too long", { type: "string", pattern: "a".repeat(1_001) }, "1000 characters"],
    ["a pattern too big", { type: "string", pattern: "(x{1000}){1}".repeat(11) }, "too big"],
  ])("%s", (_what, schema, words) => {
    expect(() => timed(() => canonicalSchema(schema))).toThrow(words);
  });
});

function nestedIn(levels: number, inner: unknown): unknown {
  return levels === 0 ? inner : { items: { not: nestedIn(levels - 1, inner) } };
}

describe("the most that a schema may be compiles in time", () => {
  test.each([
    [
      "fields",
      { properties: repeat(999, "p", () => ({ type: "string", minLength: 1, format: "email" })) },
    ],
    ["patterns", { patternProperties: repeat(900, "^p", () => ({ type: "string" })) }],
    [
      "unevaluated fields",
      {
        allOf: Array(200)
          .fill(0)
          .map((_, i) => ({ properties: { [`p${i}`]: { type: "string" } } })),
        unevaluatedProperties: false,
      },
    ],
    ["branches", { oneOf: Array(4).fill({ oneOf: Array(199).fill({ minLength: 1 }) }) }],
    [
      "references",
      {
        $ref: "#/$defs/a0",
        $defs: repeat(99, "a", (i) => ({
          properties: { a: { $ref: `#/$defs/a${(i + 1) % 99}` } },
        })),
      },
    ],
  ])("%s", (_what, schema) => {
    const canonical = timed(() => canonicalSchema(schema));
    expect(timed(() => compileSchema(canonical ?? {})({ p1: 1 }))).toBeDefined();
  });
});

describe("no data and schema together take long", () => {
  const doubling = {
    $ref: "#/$defs/a0",
    $defs: {
      ...repeat(30, "a", (i) => ({
        anyOf: [{ $ref: `#/$defs/a${i + 1}` }, { $ref: `#/$defs/a${i + 1}` }],
      })),
      a30: { type: "string" },
    },
  };
  const branching = {
    properties: { x: { anyOf: [{ $ref: "#" }, { $ref: "#" }], required: ["q"] } },
  };
  const coin = (index: number) => ((index * 2_654_435_761) & 64 ? "a" : "b");
  const coins = Array.from({ length: 262_000 }, (_, index) => coin(index)).join("");
  const objects = Array(80_000).fill({});

  test.each([
    ["references that double at every level", doubling, 1],
    ["references that double with every level of the data", branching, nested(60, (x) => ({ x }))],
    [
      "a pattern of the greatest size",
      { type: "string", pattern: "(a?){1000}(b?){1000}(a?){400}$" },
      coins,
    ],
    ["a pattern that cannot be cached", { type: "string", pattern: "(a|b)*a(a|b){200}$" }, coins],
    [
      "a list of names for every item",
      { items: { required: Array.from({ length: 8_000 }, (_, i) => `r${i}`) } },
      objects,
    ],
    [
      "an error for every item",
      { items: { $ref: "#/$defs/a" }, $defs: { a: { required: ["a"] } } },
      objects,
    ],
    [
      "errors that are forgotten",
      { contains: { $ref: "#/$defs/a" }, $defs: { a: { required: ["a"] } } },
      objects,
    ],
    [
      "values for every item",
      { items: { enum: Array.from({ length: 8_000 }, (_, i) => `e${i}`) } },
      Array(30_000).fill("e7999"),
    ],
    [
      "the length of a text, again and again",
      { allOf: Array(200).fill({ items: { minLength: 200_000 } }) },
      ["x".repeat(260_000)],
    ],
  ])("%s", (_what, schema, data) => {
    const check = compileSchema(canonicalSchema(schema) ?? {});
    expect(timed(() => check(data)).map(({ path }) => path)).toEqual([["data"]]);
  });

  test("many unions that fail are reported without weighing their branches", () => {
    const big = { properties: repeat(900, "p", () => ({ enum: ["x", "y"] })), required: ["id"] };
    const schema = {
      items: { anyOf: [{ $ref: "#/$defs/big" }, { type: "null" }] },
      $defs: { big },
    };
    const check = compileSchema(canonicalSchema(schema) ?? {});
    const [problem] = timed(() => check(Array(2_000).fill({})));
    expect(problem?.message).toBe("field 'data[0]' must match one of 2 allowed shapes");
  });

  test("a catastrophic pattern is harmless", () => {
    const check = compileSchema({ type: "string", pattern: "^(a+)+$" });
    expect(timed(() => check(`${"a".repeat(200_000)}!`))).toHaveLength(1);
    expect(check("a".repeat(200_000))).toEqual([]);
  });

  test("every format is done in time with the longest text", () => {
    const texts = ["a", "0", "-", ".", "a.", "a@", "%2", ":0", "/~", "{", "1."].map((text) =>
      text.repeat(262_144 / text.length),
    );
    for (const format of [
      "email",
      "uri",
      "uri-reference",
      "uri-template",
      "hostname",
      "ipv6",
      "date-time",
      "duration",
      "json-pointer",
      "regex",
      "urn",
      "uuid",
    ]) {
      const check = compileSchema({ type: "string", format });
      for (const text of texts) timed(() => check(text));
    }
  });

  test("many items that all differ are told apart", () => {
    const check = compileSchema({ uniqueItems: true });
    const items = Array.from({ length: 20_000 }, (_, id) => ({ id }));
    expect(timed(() => check(items))).toEqual([]);
    expect(check([...items, { id: 7 }])).toHaveLength(1);
  });

  test("ordinary data of the greatest size passes", () => {
    const item = {
      type: "object",
      properties: {
        id: { type: "string", format: "uuid4" },
        email: { type: "string", format: "email" },
        state: { enum: ["open", "closed"] },
        count: { type: "integer", minimum: 0 },
        code: { type: "string", pattern: "^[A-Z]{2}-[0-9]{1,8}$" },
      },
      required: ["id", "email", "state", "count", "code"],
      additionalProperties: false,
    };
    const row = {
      id: "0e06f977-cbb7-475f-9d0b-a0c4aaec7f6a",
      email: "foo@bar.com",
      state: "open",
      count: 1,
      code: "AB-123",
    };
    const check = compileSchema({ type: "array", items: item });
    expect(timed(() => check(Array(2_000).fill(row)))).toEqual([]);
  });
});
