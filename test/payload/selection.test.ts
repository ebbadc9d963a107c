import { beforeAll, expect, test } from "vitest";
import { deliveryOf, emit, register, tryRegister, update } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { mutate, preview } from "../fixtures/payloads.ts";
import { receiver, statuses } from "../fixtures/receiver.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  return () => hub[Symbol.asyncDispose]();
});

const soon = { timeout: 30_000 };
const url = "http://127.0.0.1:1";

async function registerType(input: object) {
  const { registerEventType } = await hub.run<{ registerEventType: { userErrors: object[] } }>(
    `mutation ($input: RegisterEventTypeInput!) {
      registerEventType(input: $input) { userErrors { code message path } }
    }`,
    { input },
  );
  return registerEventType.userErrors;
}

const order = {
  type: "object",
  properties: {
    amount: { type: "number" },
    items: { type: "array", items: { $ref: "#/$defs/item" } },
    parent: { anyOf: [{ $ref: "#" }, { type: "null" }] },
    notes: { type: "object", additionalProperties: { type: "string" } },
    free: {},
    "odd-name": { type: "string" },
  },
  $defs: {
    item: { type: "object", properties: { sku: { type: "string" }, n: { type: "integer" } } },
  },
};

test("a receiver gets what the selection takes of an event, as the preview showed it, with every digit", async () => {
  await using target = await receiver(statuses(500, 200));
  await registerType({ name: "order.paid", schema: order });
  const hook = {
    url: target.url,
    types: ["order.paid"],
    selection: `query {
      __typename id kind: type userId subject { id }
      data { total: amount items { sku } parent { amount __typename } notes { a } free missing: free }
    }`,
  };
  await register(hub, { ...hook, retryScheduleMs: [100] });
  const answer = await hub.run<{ emitEvent: { event: { id: string } } }>(
    `mutation { emitEvent(input: { type: "order.paid", waitMs: 15000, data: {
      amount: 12345678901234567890.10, items: [{ sku: "a", n: 1 }, { sku: "b\\u0000" }], parent: { amount: 2 },
      free: { z: 1, a: [1.50] }
    } }) { event { id } } }`,
  );
  const { id } = answer.emitEvent.event;
  const body =
    `{"__typename":"Event","id":"${id}","kind":"order.paid","userId":null,"subject":null,"data":{` +
    `"total":12345678901234567890.10,"items":[{"sku":"a"},{"sku":"b\\u0000"}],` +
    `"parent":{"amount":2,"__typename":"Object"},"notes":null,"free":{"z":1,"a":[1.50]},` +
    `"missing":{"z":1,"a":[1.50]}}}`;
  expect(target.requests.map((request) => request.body)).toEqual([body, body]);
  expect(target.requests[0]?.headers).toMatchObject({ "content-type": "application/json" });
  expect(await deliveryOf(hub, id)).toMatchObject({ status: "SUCCEEDED", requestBody: body });
  expect((await preview(hub, hook)).trials).toMatchObject([
    { body, contentType: "application/json", headers: {}, error: null },
  ]);
});

test("of types without a schema anything may be selected, and what is absent is null", async () => {
  await using target = await receiver();
  await register(hub, {
    url: target.url,
    types: ["free.*"],
    selection: "{ data { a { b } list { x } } whole: data }",
  });
  const bodies: string[] = [];
  for (const data of [
    { a: { b: 1 } },
    { a: 7, list: [{ x: 1, y: 2 }, 3, null, [{ x: 4 }]] },
    [{ a: { b: 2 } }],
  ]) {
    await emit(hub, { type: "free.one", data });
    bodies.push(JSON.parse(target.requests.at(-1)?.body ?? "").data);
  }
  await emit(hub, { type: "free.none" });
  expect(bodies).toEqual([
    { a: { b: 1 }, list: null },
    { a: null, list: [{ x: 1 }, null, null, [{ x: 4 }]] },
    [{ a: { b: 2 }, list: null }],
  ]);
  expect(target.requests.at(-1)?.body).toBe('{"data":null,"whole":null}');
});

const wrong = [
  ["{ id", "is not GraphQL: Syntax Error: Expected Name, found <EOF>. (line 1, column 5)"],
  ["", "is not GraphQL"],
  ["id", "is not GraphQL"],
  ["{ }", "must select something (line 1, column 1)"],
  ["{ data { } }", "must select something (line 1, column 8)"],
  ["{ nope }", "there is no 'event.nope'; event has id, type,"],
  ["{ id { x } }", "'event.id' holds no fields to select (line 1, column 3)"],
  [
    "{\n  data {\n    amout\n  }\n}",
    "there is no 'event.data.amout'; event.data has amount, items, parent, notes, free, odd-name (line 3, column 5)",
  ],
  ["{ data { amount { x } } }", "'event.data.amount' holds no fields"],
  ["{ data { items { nope } } }", "there is no 'event.data.items.nope'"],
  ["{ data { parent { parent { nope } } } }", "there is no 'event.data.parent.parent.nope'"],
  ["{ subject { nope } }", "there is no 'event.subject.nope'; event.subject has type, id"],
  ["{ a: id a: type }", "selects two different things as 'a' (line 1, column 9)"],
  ["{ data data { amount } }", "two different things as 'data'"],
  ["{ ...F }", "can't hold fragments (line 1, column 3)"],
  ["{ id } fragment F on Event { id }", "must be one selection (line 1, column 8)"],
  ["{ ... on Event { id } }", "can't hold fragments"],
  ["{ id(x: 1) }", "can't hold arguments"],
  ["{ id @skip(if: true) }", "can't hold directives"],
  ["query ($x: Int) { id }", "can't hold variables"],
  ["mutation { id }", "must be a selection"],
  ["{ id } { type }", "must be one selection (line 1, column 8)"],
  [`{ data { free ${"{ a ".repeat(15)}${"}".repeat(15)} } }`, "16 levels deep at most"],
  [`{ ${Array.from({ length: 501 }, (_, n) => `a${n}: id`).join(" ")} }`, "500 fields at most"],
  [`{ id } #${"x".repeat(10_000)}`, "at most 10000 characters"],
] as const;

test("a selection that can't be is refused with what is wrong and where", async () => {
  await registerType({ name: "order.wrong", schema: order });
  for (const [selection, message] of wrong) {
    const mistake = {
      code: "INVALID",
      path: ["selection"],
      message: expect.stringContaining(message),
    };
    const input = { types: ["order.wrong"], selection };
    expect((await tryRegister(hub, { url, ...input })).userErrors, selection).toEqual([mistake]);
    expect((await preview(hub, input)).userErrors, selection).toEqual([mistake]);
  }
});

test("what a schema names by values or requires alone can be selected", async () => {
  const fixed = { enum: [{ color: "red" }, null] };
  const properties = { fixed, one: { const: { size: 1 } }, plain: { enum: ["a", null] } };
  await registerType({ name: "order.fixed", schema: { properties, required: ["plain", "note"] } });
  const selection = "{ data { fixed { color } one { size } plain note } }";
  await register(hub, { url, types: ["order.fixed"], selection });
  for (const field of ["plain { x }", "nope"]) {
    const input = { url, types: ["order.fixed"], selection: `{ data { ${field} } }` };
    expect((await tryRegister(hub, input)).userErrors).toMatchObject([{ code: "INVALID" }]);
  }
});

test("a template and a selection exclude each other, also when an update would leave both", async () => {
  const both = [
    { code: "INVALID", path: ["selection"], message: expect.stringContaining("not both") },
  ];
  const given = { template: "x", selection: "{ id }" };
  expect((await tryRegister(hub, { url, ...given })).userErrors).toEqual(both);
  expect((await preview(hub, { types: ["a"], ...given })).userErrors).toEqual(both);
  const { id } = await register(hub, { url, template: "x" });
  expect(await update(hub, id, { selection: "{ id }" })).toEqual(both);
  expect(await update(hub, id, { selection: "{ id }", template: null })).toEqual([]);
  expect(await update(hub, id, { template: "x" })).toEqual(both);
  expect(await update(hub, id, { format: "RESOURCE" })).toMatchObject([{ path: ["selection"] }]);
  expect(await update(hub, id, { selection: null })).toEqual([]);
});

test("a schema that would break hooks' selections is refused by their names, also with allowBreaking", async () => {
  const schema = {
    type: "object",
    properties: { amount: { type: "number" }, by: { type: "object", properties: { id: {} } } },
  };
  await registerType({ name: "bill.paid", schema });
  const types = ["bill.paid"];
  const { id } = await register(hub, {
    url,
    types,
    name: "billing",
    selection: "{ data { amount } }",
  });
  const nameless = await register(hub, {
    url,
    types: ["bill.*"],
    selection: "{ data { by { id } } }",
  });
  const changed = {
    name: "bill.paid",
    allowBreaking: true,
    schema: { type: "object", properties: { by: { type: "string" } } },
  };
  const refused = [
    {
      code: "BREAKING_CHANGE",
      path: ["schema"],
      message:
        "hook 'billing' selects what would be gone: there is no 'event.data.amount'; event.data has by (line 1, column 10). Change the hook first",
    },
    {
      code: "BREAKING_CHANGE",
      path: ["schema"],
      message: `hook '${nameless.id}' selects what would be gone: 'event.data.by' holds no fields to select (line 1, column 10). Change the hook first`,
    },
  ];
  expect(await registerType(changed)).toEqual(refused);
  // Another type of the pattern has the field.
  await registerType({ name: "bill.sent", schema });
  expect(await registerType(changed)).toEqual(refused.slice(0, 1));
  expect(await update(hub, id, { selection: "{ data { by } }" })).toEqual([]);
  expect(await registerType(changed)).toEqual([]);
  // A type of which nothing was known becomes known.
  await register(hub, { url, types: ["bill.new"], name: "early", selection: "{ data { x } }" });
  expect(await registerType({ name: "bill.new", schema: { y: "String" } })).toMatchObject([
    { code: "BREAKING_CHANGE", message: expect.stringContaining("hook 'early'") },
  ]);
  expect(await registerType({ name: "bill.new", schema: { x: "String" } })).toEqual([]);
});

test("a new type that a pattern takes breaks no selection; what such a hook has lost before is not lost again", async () => {
  const hook = { url, types: ["late.*"], name: "late", selection: "{ data { x } }" };
  await register(hub, hook);
  expect(await registerType({ name: "late.a", schema: { y: "String" } })).toEqual([]);
  expect(await registerType({ name: "late.a", schema: { y: "String", z: "String?" } })).toEqual([]);
  expect(await registerType({ name: "late.b", schema: { x: "String" } })).toEqual([]);
  const gone = { name: "late.b", schema: { z: "String" }, allowBreaking: true };
  expect(await registerType(gone)).toMatchObject([
    { code: "BREAKING_CHANGE", message: expect.stringContaining("hook 'late'") },
  ]);
});

test("a selection is checked against the types that the hook has after an update", async () => {
  await registerType({ name: "one.a", schema: { a: "String" } });
  await registerType({ name: "one.b", schema: { b: "String" } });
  const { id } = await register(hub, { url, types: ["one.a"], selection: "{ data { a } }" });
  expect(await update(hub, id, { types: ["one.b"] })).toMatchObject([
    { code: "INVALID", path: ["selection"], message: expect.stringContaining("event.data.a") },
  ]);
  expect(await update(hub, id, { types: ["one.b", "one.a"] })).toEqual([]);
  expect(await update(hub, id, { types: ["one.*"], selection: "{ data { a b } }" })).toEqual([]);
});

test("a result that grows too long fails its delivery alone", async () => {
  await using target = await receiver();
  const copies = Array.from({ length: 500 }, (_, n) => `a${n}: data`).join(" ");
  await register(hub, { url: target.url, types: ["grows"], selection: `{ ${copies} }` });
  await register(hub, { url: target.url, types: ["grows"], selection: "{ type }" });
  const { id } = await emit(hub, { type: "grows", data: { text: "x".repeat(200_000) } });
  await expect
    .poll(() => target.requests.map(({ body }) => body), soon)
    .toEqual(['{"type":"grows"}']);
  const { event } = await hub.run<{ event: { deliveries: { nodes: { lastError: string }[] } } }>(
    "query ($id: ID!) { event(id: $id) { deliveries(status: [FAILED]) { nodes { lastError } } } }",
    { id },
  );
  expect(event.deliveries.nodes).toEqual([
    { lastError: "selection: the body has more than 524288 bytes" },
  ]);
});

test("a change of the selection does not reach what was matched before", async () => {
  await using target = await receiver();
  const { id } = await register(hub, { url: target.url, types: ["before"], selection: "{ type }" });
  await mutate(hub, "pauseHook", id);
  await emit(hub, { type: "before", waitMs: 0 });
  expect(await update(hub, id, { selection: "{ id }" })).toEqual([]);
  await mutate(hub, "resumeHook", id);
  await expect
    .poll(() => target.requests.map(({ body }) => body), soon)
    .toEqual(['{"type":"before"}']);
});
