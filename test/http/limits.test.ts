import { getIntrospectionQuery } from "graphql";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Caller, Role } from "../../src/graphql/builder/context.ts";
import { createValidateOperation } from "../../src/http/gate/prepare.ts";
import { cpuMs } from "../fixtures/cpuTime.ts";
import { type Frame, schema, startFrame } from "../fixtures/frame.ts";

const caller = (role: Role): Caller => ({ projectId: "p", keyId: "k", keyName: "k", role });
const prepare = createValidateOperation(schema);
/** The first error's code and message, or "runs". */
function verdict(query: string, variables: Record<string, unknown> = {}, role: Role = "ADMIN") {
  const operation = prepare({ query, variables }, caller(role), { requestId: "r", trace: null });
  if (!("errors" in operation)) return "runs";
  const [error] = operation.errors;
  return `${error?.extensions.code}: ${error?.message}`;
}

const nested = (levels: number, open: string, leaf: string) =>
  open.repeat(levels) + leaf + "}".repeat(levels);
const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(" ");
/** `{ event { causedBy { … id } } }` with the leaf at this depth. */
const deep = (depth: number) => `{ event(id: "1") { ${nested(depth - 2, "causedBy { ", "id")} } }`;
const pages = (count: number) =>
  `{ events(first: ${count}) { ${nested(3, `nodes { deliveries(first: ${count}) { `, "nodes { id }")} }`;
let deepValue: unknown = 1;
for (let level = 0; level < 64; level++) deepValue = [deepValue];
const variable = "query ($d: JSON) { viewer { keyName } a: __typename @skip(if: false) }";

test("what stays within the limits runs", () => {
  for (const query of [
    deep(12),
    `{ viewer { ${times(30, (i) => `a${i}: keyName`)} } }`,
    `{ ${times(20, (i) => `a${i}: viewer { keyName }`)} }`,
    `{ viewer { ${times(20, (i) => `keyName @skip(if: ${i > 9})`)} } }`,
    "{ events(first: 100) { nodes { id type data occurredAt } edges { cursor } pageInfo { endCursor } } }",
    "{ events(first: 50) { nodes { id deliveries(first: 10) { nodes { id } } } } }",
    getIntrospectionQuery(),
    '{ __type(name: "Query") { fields { name type { name fields { name } } } } }',
  ]) {
    expect(verdict(query), query.slice(0, 80)).toBe("runs");
  }
});

test.each([
  ["characters", `{ viewer { keyName } } #${"x".repeat(15_000)}`, "at most 15000, got 15024"],
  ["tokens", `{ ${"viewer ".repeat(1_999)} }`, "at most 2000, got more"],
  ["depth", deep(13), "Depth: at most 12, got 13."],
  [
    "aliases",
    `{ viewer { ${times(31, (i) => `a${i}: keyName`)} } }`,
    "Aliases: at most 30, got 31.",
  ],
  [
    "root fields",
    "{ ...r } fragment r on Query { ".concat("__typename ".repeat(21), "}"),
    "Root fields: at most 20, got 21.",
  ],
  [
    "directives",
    `{ viewer { keyName ${times(21, (i) => `@skip(if: ${i > 20})`)} } }`,
    "Directives: at most 20, got 21.",
  ],
  [
    "cost",
    "{ events(first: 100) { nodes { deliveries(first: 19) { nodes { id } } } } }",
    "Cost: at most 2000, got 2101.",
  ],
  [
    "cost of defaults",
    "{ events(first: 100) { nodes { deliveries { nodes { id } } } } }",
    "Cost: at most 2000, got 2201.",
  ],
])("over the limit of %s: the message says both numbers", (_, query, message) => {
  expect(verdict(query)).toContain("LIMIT_EXCEEDED: ");
  expect(verdict(query)).toContain(message);
});

test("cost follows variables and their defaults", () => {
  const query = (declared: string) =>
    `query (${declared}) { events(first: $n) { nodes { deliveries(first: 50) { nodes { id } } } } }`;
  expect(verdict(query("$n: Int"), { n: 10 })).toBe("runs");
  expect(verdict(query("$n: Int"), { n: 100 })).toContain("Cost: at most 2000, got 5201.");
  expect(verdict(query("$n: Int = 100"))).toContain("Cost: at most 2000, got 5201.");
});

/** Documents made to hurt; the last item says what they may at most answer with. */
const bombs: [string, unknown][] = [
  ...[13, 20, 60, 150, 300].map((d): [string, unknown] => [`depth ${d}`, { query: deep(d) }]),
  ["depth 20,000", { query: deep(20_000) }],
  ["unclosed braces", { query: "{ a ".repeat(3_000) }],
  ["10,000 aliases", { query: `{ ${times(10_000, (i) => `a${i}: viewer { keyName }`)} }` }],
  ["200 aliases", { query: `{ ${times(200, (i) => `a${i}: viewer { keyName }`)} }` }],
  ["3,000 __typename", { query: `{ ${"__typename ".repeat(3_000)} }` }],
  ["1,900 __typename", { query: `{ ${"__typename ".repeat(1_900)} }` }],
  ["1,900 nested fields", { query: `{ viewer { ${"keyName ".repeat(1_900)} } }` }],
  ["490 equal objects", { query: `{ ${"viewer { keyName } ".repeat(490)} }` }],
  [
    "490 equal nested objects",
    { query: `{ event(id: "1") { ${"causedBy { id } ".repeat(480)} } }` },
  ],
  [
    "nested equal objects",
    {
      query: `{ event(id: "1") { ${times(40, () => `causedBy { ${"causedBy { id } ".repeat(10)} }`)} } }`,
    },
  ],
  ["unknown fields", { query: `{ ${times(1_900, (i) => `x${i}`)} }` }],
  ["directives", { query: `{ viewer { keyName ${"@include(if: true) ".repeat(270)} } }` }],
  [
    "a circle of fragments",
    { query: "{ viewer { ...a } } fragment a on Viewer { ...b } fragment b on Viewer { ...a }" },
  ],
  ["a fragment in itself", { query: "{ viewer { ...a } } fragment a on Viewer { keyName ...a }" }],
  ["a circle at the root", { query: "{ ...a } fragment a on Query { viewer { keyName } ...a }" }],
  [
    "fragments that double",
    {
      query: `{ event(id: "1") { ...f0 } } ${times(90, (i) => `fragment f${i} on Event { causedBy { ...f${i + 1} ...f${i + 1} } }`)} fragment f90 on Event { id }`,
    },
  ],
  [
    "fragments that double pages",
    {
      query: `{ events(first: 9) { nodes { ...f0 } } } ${times(5, (i) => `fragment f${i} on Event { deliveries { nodes { id } } causedBy { ...f${i + 1} ...f${i + 1} } }`)} fragment f5 on Event { deliveries(first: 100) { nodes { id } } }`,
    },
  ],
  [
    "duplicate fragments",
    { query: `{ viewer { ...a } } ${"fragment a on Viewer { keyName } ".repeat(200)}` },
  ],
  [
    "190 fragments in a row",
    {
      query: `{ viewer { ${times(190, (i) => `...f${i}`)} } } ${times(190, (i) => `fragment f${i} on Viewer { keyName }`)}`,
    },
  ],
  ["20 to the fourth", { query: pages(20) }],
  ["100 to the fourth", { query: pages(100) }],
  ["a page of two billion", { query: "{ events(first: 2147483647) { nodes { id } } }" }],
  [
    "a page by variable",
    {
      query: "query ($n: Int) { events(first: $n) { nodes { id } } }",
      variables: { n: 2_147_483_647 },
    },
  ],
  ["an Int overflow", { query: "{ events(first: 99999999999999999999) { nodes { id } } }" }],
  ["deep variables", { query: variable, variables: { d: [deepValue] } }],
  [
    "very deep variables",
    `{"query":"{viewer{keyName}}","variables":{"d":${"[".repeat(500_000)}${"]".repeat(500_000)}}}`,
  ],
  [
    "deep literals",
    {
      query: `mutation { emitEvent(input: { type: "a", data: ${"[".repeat(65)}${"]".repeat(65)} }) { isDuplicate } }`,
    },
  ],
  [
    "very deep literals",
    {
      query: `mutation { emitEvent(input: { type: "a", data: ${"[".repeat(900)}${"]".repeat(900)} }) { isDuplicate } }`,
    },
  ],
  ["a huge string", { query: `{ event(id: "${"x".repeat(1_000_000)}") { id } }` }],
  ["prototype keys", { query: "query ($d: Int) { __proto__ { constructor } }" }],
  [
    "a list of operations",
    Array.from({ length: 1_000 }, () => ({ query: "{ viewer { keyName } }" })),
  ],
  [
    "duplicate operation names",
    { query: "query a { viewer { keyName } } ".repeat(200), operationName: "a" },
  ],
  ["300 operations", { query: times(300, (i) => `query q${i} { viewer { keyName } }`) }],
  [
    "500 variables",
    { query: `query (${times(480, (i) => `$v${i}: Int`)}) { viewer { keyName } }` },
  ],
  ["a byte order mark", `\uFEFF{"query":"{viewer{keyName}}"}`],
  ["UTF-16", Buffer.from('{"query":"{viewer{keyName}}"}', "utf16le")],
  ["bytes that are no UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
  ["NUL", '{"query":"{viewer{keyName}}\u0000"}'],
  ["NUL in the document", { query: "{ viewer { keyName } }\u0000" }],
  [
    "introspection of fields in fields",
    {
      query: `{ __schema { types { ${nested(9, "fields { type { ", "name")}${"}".repeat(9)} } } }`,
    },
  ],
  [
    "introspection thirty times",
    {
      query: `{ ${times(29, (i) => `a${i}: __schema { types { fields { args { name } } inputFields { name } } }`)} }`,
    },
  ],
  [
    "introspection by fragments",
    {
      query: `{ __schema { types { ...a ...a ...a ...a } } } fragment a on __Type { ${times(20, (i) => `x${i}: fields { ...b }`)} } fragment b on __Field { args { type { ...c } } } fragment c on __Type { inputFields { name } }`,
    },
  ],
];

let frame: Frame;
beforeAll(async () => {
  frame = await startFrame();
  // What is compiled on first use is not what is measured.
  for (const query of [pages(2), deep(9), "{ nope }", "{"]) await frame.post({ query });
});
afterAll(async () => {
  await frame[Symbol.asyncDispose]();
});

test.each(bombs)("%s: refused, at once", async (_, bomb) => {
  const raw = Buffer.isBuffer(bomb) || typeof bomb === "string";
  const body = (raw ? bomb : JSON.stringify(bomb)) as BodyInit;
  const start = process.cpuUsage();
  const response = await fetch(`${frame.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer admin" },
    body,
  });
  const took = cpuMs(start);
  expect(response.status, await response.text()).toBe(400);
  expect(took).toBeLessThan(500);
});

test("together they hold neither the event loop nor memory", async () => {
  const before = process.memoryUsage().rss;
  for (const [, bomb] of bombs) {
    const start = process.cpuUsage();
    const params = bomb as { query: string };
    if (typeof params.query !== "string") continue;
    prepare(params, caller("ADMIN"), { requestId: "r", trace: null });
    expect(cpuMs(start)).toBeLessThan(500);
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000);
});

test.each<[Role, string, string]>([
  ["VIEWER", "{ events { nodes { id } } }", "runs"],
  ["VIEWER", "{ apiKeys }", "FORBIDDEN: Query.apiKeys needs the role ADMIN; this key has VIEWER."],
  ["VIEWER", "subscription { eventEmitted { cursor } }", "runs"],
  [
    "VIEWER",
    'mutation { emitEvent(input: { type: "a" }) { isDuplicate } }',
    "FORBIDDEN: Mutation.emitEvent needs the role ADMIN or EMITTER; this key has VIEWER.",
  ],
  [
    "OPERATOR",
    "{ apiKeys }",
    "FORBIDDEN: Query.apiKeys needs the role ADMIN; this key has OPERATOR.",
  ],
  ["EMITTER", "{ viewer { key { name role } } __typename __schema { types { name } } }", "runs"],
  [
    "EMITTER",
    'mutation { emitEvent(input: { type: "a" }) { event { id type data } userErrors { code } } }',
    "runs",
  ],
  [
    "EMITTER",
    "{ events { nodes { id } } }",
    "FORBIDDEN: Query.events needs the role ADMIN or OPERATOR or VIEWER; this key has EMITTER.",
  ],
  [
    "EMITTER",
    "subscription { eventEmitted { cursor } }",
    "FORBIDDEN: Subscription.eventEmitted needs the role ADMIN or OPERATOR or VIEWER; this key has EMITTER.",
  ],
  [
    "EMITTER",
    'mutation { emitEvent(input: { type: "a" }) { event { causedBy { id } } } }',
    "FORBIDDEN: Event.causedBy needs the role ADMIN or OPERATOR or VIEWER; this key has EMITTER.",
  ],
  [
    "EMITTER",
    'mutation { emitEvent(input: { type: "a" }) { ...p } } fragment p on EmitEventPayload { event { ...e } } fragment e on Event { deliveries { nodes { id } } }',
    "FORBIDDEN: Event.deliveries needs the role ADMIN or OPERATOR or VIEWER; this key has EMITTER.",
  ],
])("%s, %s", (role, query, expected) => {
  expect(verdict(query, {}, role)).toBe(expected);
});

test("a forbidden operation is 403 and is not executed; another one of its document may run", async () => {
  const query =
    'query mine { viewer { keyName } } mutation other { emitEvent(input: { type: "a" }) { isDuplicate } }';
  const headers = { authorization: "Bearer viewer" };
  expect((await frame.post({ query, operationName: "mine" }, headers)).status).toBe(200);
  expect((await frame.post({ query, operationName: "other" }, headers)).status).toBe(403);
});
