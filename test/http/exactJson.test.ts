import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accepted, emit, registerHook } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { sendRaw, sendRawBySocket } from "../fixtures/rawGraphql.ts";
import { receiver } from "../fixtures/receiver.ts";

/** JSON that JavaScript does not write as it has read it. */
const EXACT = `{"b":9007199254740993,"10":[1.0,-0,1e400,{"2":-12345678901234567890.50,"1":1E5}],"2":0.1000000000000000055511151231257827,"__proto__":1.50,"a\\"1":"1.0"}`;

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

const EMIT = `mutation ($input: EmitEventInput!) {
  emitEvent(input: $input) { event { id data content cloudEvent actions { meta } } userErrors { code message path } } }`;
const READ = "query ($id: ID!) { event(id: $id) { data content actions { meta } cloudEvent } }";
const idIn = (answer: string) => /"event":\{"id":"([^"]+)"/.exec(answer)?.[1] ?? answer;

describe("numbers and the order of keys stay as they were sent", () => {
  const input = `{"input":{"type":"exact","data":${EXACT},"content":${EXACT},"actions":[
    {"url":"https://example.com","buttonText":"Go","external":true,"meta":${EXACT}}]}}`;

  test.each([
    ["HTTP", sendRaw],
    ["a websocket", sendRawBySocket],
  ])("in variables over %s", async (_door, send) => {
    const emitted = await send(hub, EMIT, input);
    expect(emitted).toContain(`"data":${EXACT},"content":${EXACT},"cloudEvent":{`);
    const read = await send(hub, READ, `{"id":"${idIn(emitted)}"}`);
    expect(read).toContain(`"data":${EXACT},"content":${EXACT},"actions":[{"meta":${EXACT}}]`);
    expect(read).toContain(`,"data":${EXACT}}}}`);
  });

  test("in literals, and in variables within literals", async () => {
    const document = `mutation ($part: JSON, $alone: JSON) { emitEvent(input: { type: "exact",
      data: { z: 9007199254740993, list: [1.0, -0, 1e400, $alone], part: $part } }) { event { data } } }`;
    expect(await sendRaw(hub, document, `{"part":${EXACT},"alone":1.10}`)).toContain(
      `{"z":9007199254740993,"list":[1.0,-0,1e400,1.10],"part":${EXACT}}`,
    );
  });

  test("of a value that is a number, a text or nothing alone", async () => {
    for (const value of ["9007199254740993", "1.0", "-0", "1e400", "-1E-7", '"1.0"', "1", "null"]) {
      const variables = `{"input":{"type":"exact","data":${value},"content":${value}}}`;
      expect(await sendRaw(hub, EMIT, variables)).toContain(`"data":${value},"content":${value}`);
      const literal = `mutation { emitEvent(input: { type: "exact", data: ${value} }) { event { data } } }`;
      expect(await sendRaw(hub, literal)).toContain(`"data":${value}}`);
      const direct =
        'mutation ($data: JSON) { emitEvent(input: { type: "exact", data: $data }) { event { data } } }';
      expect(await sendRaw(hub, direct, `{"data":${value}}`)).toContain(`"data":${value}}`);
    }
  });

  test("in batches, runEvent, triggerHook, readEvent and event streams", async () => {
    await sendRaw(
      hub,
      'mutation { registerEventType(input: { name: "exact.type" }) { userErrors { message } } }',
    );
    const batch =
      "mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) { events { data } } }";
    const one = `{"type":"exact","data":${EXACT}}`;
    expect(await sendRaw(hub, batch, `{"input":[${one},${one}]}`)).toContain(
      `[{"data":${EXACT}},{"data":${EXACT}}]`,
    );
    const run = "mutation ($input: RunEventInput!) { runEvent(input: $input) { event { data } } }";
    expect(
      await sendRaw(hub, run, `{"input":{"event":"exact.type","userId":"ann","data":${EXACT}}}`),
    ).toContain(`"data":${EXACT}`);
    const read = "query ($json: JSON!) { readEvent(json: $json) { data userErrors { message } } }";
    const flat = `{"7":1.0,"type":"exact.type","created_on":"2026-01-01T00:00:00Z","rest":${EXACT}}`;
    expect(await sendRaw(hub, read, `{"json":${flat}}`)).toContain(`{"7":1.0,"rest":${EXACT}}`);
    expect(await sendRaw(hub, read, `{"json":${flat}}`, "text/event-stream")).toContain(
      `data: {"data":{"readEvent":{"data":{"7":1.0,"rest":${EXACT}},"userErrors":[]}}}`,
    );
  });

  test("in what hooks of every format are sent, and sign", async () => {
    await using target = await receiver();
    for (const format of ["CLOUD_EVENT", "CLOUD_EVENT_STRUCTURED", "CLOUD_EVENT_BINARY", "EVENT"]) {
      await registerHook(hub, { url: `${target.url}/${format}`, types: ["exact.sent"], format });
    }
    await sendRaw(hub, EMIT, `{"input":{"type":"exact.sent","data":${EXACT}}}`);
    await expect.poll(() => target.requests.length).toBe(4);
    const bodies = Object.fromEntries(
      target.requests.map(({ path, body }) => [path.slice(1), body]),
    );
    expect(bodies.CLOUD_EVENT).toContain(`"data":${EXACT}}`);
    expect(bodies.CLOUD_EVENT_STRUCTURED).toContain(`"data":${EXACT}}`);
    expect(bodies.CLOUD_EVENT_BINARY).toBe(EXACT);
    expect(bodies.EVENT?.endsWith(EXACT.slice(1))).toBe(true);
  });

  test("in the attributes of resources, but for their own id", async () => {
    const create = `mutation ($attributes: JSON!) { createResource(input: { type: "actions", attributes: $attributes }) {
      resource { attributes representation } event { data } userErrors { message } } }`;
    await sendRaw(
      hub,
      'mutation { installCatalog(name: "actionstep") { userErrors { message } } }',
    );
    const attributes = `{"9":1.0,"id":5,"name":"Smith","big":${EXACT}}`;
    const kept = `"9":1.0,"name":"Smith","big":${EXACT}}`;
    const answer = await sendRaw(hub, create, `{"attributes":${attributes}}`);
    expect(answer).toContain(`"attributes":{${kept}`);
    expect(answer).toContain(`"representation":{"actions":[{"id":"1",${kept}]}`);
  });

  test("in the schema and the example of an event type", async () => {
    const register = `mutation ($input: RegisterEventTypeInput!) { registerEventType(input: $input) {
      eventType { schema jsonSchema example versions { schema } } userErrors { message } } }`;
    const schema = `{"type":"object","properties":{"b":{"maximum":9007199254740993},"10":{"minimum":1.0},"2":{}}}`;
    const answer = await sendRaw(
      hub,
      register,
      `{"input":{"name":"exact.schema","schema":${schema},"example":{"b":2.0,"10":1.50}}}`,
    );
    expect(answer).toContain(
      `"schema":${schema},"jsonSchema":${schema},"example":{"b":2.0,"10":1.50}`,
    );
  });
});

test("a shorthand's fields keep their order in the JSON Schema that it stands for", async () => {
  const answer = await sendRaw(
    hub,
    `mutation ($schema: JSON) { registerEventType(input: { name: "exact.shorthand", schema: $schema }) {
      eventType { schema jsonSchema } userErrors { message } } }`,
    '{"schema":{"10":"String","2":1.0}}',
  );
  expect(answer).toContain(
    `"schema":{"10":"String","2":1.0},"jsonSchema":{"type":"object","properties":{"10":{"type":"string"},"2":{"type":"number"}},"required":["10","2"]}`,
  );
});

describe("the same idempotency key", () => {
  const answer = async (key: string, data: string) =>
    sendRaw(
      hub,
      "mutation ($input: EmitEventInput!) { emitEvent(input: $input) { isDuplicate userErrors { code } } }",
      `{"input":{"type":"exact","idempotencyKey":"${key}","data":${data}}}`,
    );

  test("with another number is a conflict, however close the two are", async () => {
    await answer("close", '{"id":9007199254740992}');
    expect(await answer("close", '{"id":9007199254740993}')).toContain("IDEMPOTENCY_CONFLICT");
    await answer("decimals", "[0.1]");
    const tail = "[0.1000000000000000055511151231257827]";
    expect(await answer("decimals", tail)).toContain("IDEMPOTENCY_CONFLICT");
    await answer("alone", "1e400");
    expect(await answer("alone", "1e401")).toContain("IDEMPOTENCY_CONFLICT");
  });

  test("with the same numbers is a duplicate, in any order of keys and in any spelling", async () => {
    await answer("order", '{"b":9007199254740993,"10":1.0,"2":[-0]}');
    for (const same of [
      '{"2":[-0],"b":9007199254740993,"10":1.0}',
      '{"10":1,"2":[0],"b":9007199254740993.000}',
      '{"10":10e-1,"2":[0.0],"b":900719925474099300E-2}',
    ]) {
      expect(await answer("order", same)).toContain('"isDuplicate":true');
    }
  });
});

test("an event of the SQL door shows the digits that its hook is sent", async () => {
  await using target = await receiver();
  await registerHook(hub, { url: target.url, types: ["exact.sql"] });
  const data = '{"id":9007199254740993,"price":1.0,"large":1e400}';
  const [row] = await hub.db.sql<{ id: string }[]>`
    select signalbox.emit('exact.sql', ${data}::text::jsonb) as id`;
  await expect.poll(() => target.requests.length).toBe(1);
  const sent = /"data":(.*)\}$/s.exec(target.requests[0]?.body ?? "")?.[1] ?? "";
  expect(sent.replaceAll(" ", "")).toBe(
    `{"id":9007199254740993,"large":1${"0".repeat(400)},"price":1.0}`,
  );
  expect(await sendRaw(hub, READ, `{"id":"${row?.id}"}`)).toContain(`"data":${sent},`);
});

test("whole numbers for anything but JSON are refused where their digits would be lost", async () => {
  const wrong =
    'mutation ($n: Float) { emitEvent(input: { type: "x", data: { n: $n } }) { event { id } } }';
  expect(await sendRaw(hub, wrong, '{"n":9007199254740993}')).toContain(
    "Float cannot hold 9007199254740993: send it as text.",
  );
  const first = "query ($first: Int) { events(first: $first) { nodes { id } } }";
  expect(await sendRaw(hub, first, '{"first":1.0}')).toContain('"nodes":[');
});

test("a number alone is no object, however it is written", async () => {
  const hook = `mutation ($given: JSON) { registerHook(input: { url: "https://example.com", types: ["a"], headers: $given }) {
    userErrors { code path } } }`;
  const resource = `mutation ($given: JSON!) { createResource(input: { type: "a", attributes: $given }) { userErrors { code path } } }`;
  const action = `mutation ($given: JSON) { emitEvent(input: { type: "a", actions: [
    { url: "https://example.com", key: "k", buttonText: "b", meta: $given }] }) { userErrors { code path } } }`;
  const type = `mutation ($given: JSON) { registerEventType(input: { name: "a", schema: $given }) { userErrors { code path } } }`;
  const read = "query ($given: JSON!) { readEvent(json: $given) { userErrors { code path } } }";
  for (const [document, code, path] of [
    [hook, "INVALID", '"headers"'],
    [resource, "INVALID", '"attributes"'],
    [action, "INVALID", '"actions","0","meta"'],
    [type, "SCHEMA_INVALID", '"schema"'],
    [read, "INVALID", '"json"'],
  ] as const) {
    for (const number of ["1", "1.0", "1e400"]) {
      expect(await sendRaw(hub, document, `{"given":${number}}`)).toContain(
        `"userErrors":[{"code":"${code}","path":[${path}]}]`,
      );
    }
  }
});

test("data is checked as the numbers it has, and a number alone fits a schema of numbers", async () => {
  const schema = { type: "number", minimum: 0 };
  await hub.run(
    "mutation ($input: RegisterEventTypeInput!) { registerEventType(input: $input) { userErrors { message } } }",
    { input: { name: "exact.number", schema } },
  );
  const send = (data: string) =>
    sendRaw(hub, EMIT, `{"input":{"type":"exact.number","data":${data}}}`);
  expect(await send("1.0")).toContain('"data":1.0');
  expect(await send("-1.0")).toContain("DATA_INVALID");
  const { event } = await emit<{ data: number }>(hub, { type: "exact.number", data: 1 }, "data");
  expect(event?.data).toBe(1);
  await accepted(hub, { type: "exact", data: null });
});
