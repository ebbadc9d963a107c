import { CloudEvent, emitterFor, HTTP } from "cloudevents";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { answer, eventOf, rest, told } from "../fixtures/rest.ts";

type Emitted = { id: string; status: string; isDuplicate: boolean };

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

const post = (body: unknown, headers: Record<string, string>) =>
  rest(hub, "POST", "/v1/events", { body, headers });
const structured = (event: object) =>
  post(event, { "content-type": "application/cloudevents+json" });
const batch = (events: unknown) =>
  post(events, { "content-type": "application/cloudevents-batch+json" });
const stored = async () => {
  const [row] = await hub.db.sql<{ n: number }[]>`select count(*)::int as n from signalbox.events`;
  return row?.n;
};
const attributes = {
  specversion: "1.0",
  type: "com.example.order.paid",
  source: "https://shop.example/orders?x=1",
  time: "2026-01-31T12:00:00.000Z",
  subject: "order/17/line",
  userid: "Zoë %",
  contextid: "c1",
};
const fields = "type occurredAt userId contextId subject { type id } idempotencyKey data";
const expected = (id: string, data: unknown) => ({
  type: attributes.type,
  occurredAt: attributes.time,
  userId: attributes.userid,
  contextId: attributes.contextid,
  subject: { type: "order", id: "17/line" },
  idempotencyKey: `${attributes.source} ${id}`,
  data,
});

describe("the CloudEvents SDK", () => {
  test.each([
    ["structured", HTTP.structured],
    ["binary", HTTP.binary],
  ] as const)("emits in %s mode, and again without a second event", async (mode, toMessage) => {
    const event = new CloudEvent({ ...attributes, id: mode, data: { ä: ["€", 1.5] } });
    const { headers, body } = toMessage(event);
    const send = () =>
      post(body, Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, String(v)])));
    const first = await answer<Emitted>(send(), 201);
    expect(await eventOf(hub, first.id, fields)).toEqual(expected(mode, event.data));
    expect(await answer(send(), 201)).toEqual({ ...first, isDuplicate: true });
  });

  test("emits through its own emitter", async () => {
    const answers: unknown[] = [];
    const emit = emitterFor(async ({ headers, body }) => {
      answers.push(await answer(post(body, headers as Record<string, string>), 201));
    });
    await emit(new CloudEvent({ ...attributes, id: "emitter", data: 5 }));
    expect(answers).toMatchObject([{ isDuplicate: false }]);
  });

  test("emits a batch: all or none, answered in order", async () => {
    const events = ["b1", "b2"].map((id) => new CloudEvent({ ...attributes, id, data: id }));
    const first = await answer<Emitted[]>(batch(events), 201);
    expect(first.map(({ isDuplicate }) => isDuplicate)).toEqual([false, false]);
    expect(await eventOf(hub, first[1]?.id ?? "", fields)).toEqual(expected("b2", "b2"));
    const again = first.map((one) => ({ ...one, isDuplicate: true }));
    expect(await answer(batch(events), 201)).toEqual(again);
    const before = await stored();
    expect(
      await told(
        batch([
          { ...attributes, id: "b3" },
          { ...attributes, id: "" },
        ]),
      ),
    ).toBe("422 INVALID 1.id");
    expect(
      await told(
        batch([
          { ...attributes, id: "b4" },
          { ...attributes, id: "b1" },
        ]),
      ),
    ).toBe("409 IDEMPOTENCY_CONFLICT 1.id");
    expect(await told(batch([]))).toBe("422 INVALID");
    expect(await told(batch({ ...attributes, id: "b5" }))).toBe("422 INVALID");
    expect(await stored()).toBe(before);
  });
});

test("one event is the same in every mode and through every door", async () => {
  const { userid: _, ...event } = { ...attributes, id: "same" };
  const first = await answer<Emitted>(structured({ ...event, data: { a: 1 } }), 201);
  const again = { ...first, isDuplicate: true };
  const { type, ...rest } = event;
  const binary = Object.fromEntries(
    Object.entries({ type, ...rest }).map(([name, value]) => [`ce-${name}`, value]),
  );
  expect(
    await answer(post('{"a":1}', { ...binary, "content-type": "application/json" }), 201),
  ).toEqual(again);
  const { emitEvent } = await hub.run<{ emitEvent: object }>(
    `mutation ($input: EmitEventInput!) { emitEvent(input: $input) { isDuplicate event { id } } }`,
    {
      input: {
        type,
        data: { a: 1 },
        occurredAt: event.time,
        contextId: event.contextid,
        subject: { type: "order", id: "17/line" },
        idempotencyKey: `${event.source} same`,
      },
    },
  );
  expect(emitEvent).toEqual({ isDuplicate: true, event: { id: first.id } });
});

test("data keeps its digits in every mode", async () => {
  const digits = '{"n":9007199254740993,"x":1.10}';
  const head = '"specversion":"1.0","type":"n","source":"/n"';
  const answers = [
    await answer<Emitted>(structured(`{${head},"id":"1","data":${digits}}` as never), 201),
    await answer<Emitted>(
      structured({
        ...{ specversion: "1.0", type: "n", source: "/n", id: "2" },
        data_base64: Buffer.from(digits).toString("base64"),
      }),
      201,
    ),
    await answer<Emitted>(
      post(digits, { "ce-specversion": "1.0", "ce-type": "n", "ce-source": "/n", "ce-id": "3" }),
      201,
    ),
    (await answer<Emitted[]>(batch(`[{${head},"id":"4","data":${digits}}]` as never), 201))[0],
  ];
  const rows = await hub.db.sql<{ data: string }[]>`
    select data::text from signalbox.events where id = any(${answers.map((it) => it?.id ?? "")}::uuid[])`;
  expect(rows.map(({ data }) => data)).toEqual(Array(4).fill(digits));
});

test("an event without data, one with quoted headers, and one with a very long source are taken", async () => {
  const none = { specversion: "1.0", type: "none", source: "/", id: "1" };
  const { id } = await answer<Emitted>(structured(none), 201);
  expect(await eventOf(hub, id, "data subject { id } userId")).toEqual({
    data: null,
    subject: null,
    userId: null,
  });
  const quoted = await answer<Emitted>(
    rest(hub, "POST", "/v1/events", {
      headers: {
        "ce-specversion": "1.0",
        "ce-type": '"a \\"b\\" c"',
        "ce-source": "/q",
        "ce-id": "%C3%A9%25",
        traceparent: "00-1-1-00",
        "ce-partitionkey": "ignored",
      },
    }),
    201,
  );
  expect(await eventOf(hub, quoted.id, "type idempotencyKey data")).toEqual({
    type: 'a "b" c',
    idempotencyKey: "/q é%",
    data: null,
  });
  const long = { ...none, source: `/${"x".repeat(300)}` };
  const first = await answer<Emitted>(structured(long), 201);
  expect(await answer(structured(long), 201)).toEqual({ ...first, isDuplicate: true });
  expect((await answer<Emitted>(structured({ ...long, id: "2" }), 201)).isDuplicate).toBe(false);
});

const valid = { specversion: "1.0", id: "x", source: "/s", type: "t" };

test.each([
  ["no specversion", { specversion: undefined }, "422 INVALID specversion"],
  ["another specversion", { specversion: "1.0-rc1" }, "422 INVALID specversion"],
  ["no id", { id: undefined }, "422 INVALID id"],
  ["an empty id", { id: "" }, "422 INVALID id"],
  ["an id of another kind", { id: 5 }, "422 INVALID id"],
  ["an id with a line break", { id: "a\nb" }, "422 INVALID id"],
  ["an empty source", { source: "" }, "422 INVALID source"],
  ["a source with a space", { source: "my shop" }, "422 INVALID source"],
  ["no type", { type: undefined }, "422 INVALID type"],
  ["a long type", { type: "t".repeat(201) }, "422 INVALID type"],
  ["no time", { time: "noon" }, "422 INVALID time"],
  ["a subject without a type", { subject: "17" }, "422 INVALID subject"],
  [
    "data of another kind",
    { datacontenttype: "text/xml", data: "<a/>" },
    "422 INVALID datacontenttype",
  ],
  ["data twice", { data: 1, data_base64: "MQ==" }, "422 INVALID data_base64"],
  ["no base64", { data_base64: "{}" }, "422 INVALID data_base64"],
  ["bytes that are no JSON", { data_base64: "AAEC" }, "422 INVALID data_base64"],
  ["a name in capitals", { userId: "u" }, "422 INVALID userId"],
  ["an empty user", { userid: "" }, "422 INVALID userid"],
  ["data that is too large", { data: "x".repeat(262_143) }, "422 INVALID data"],
])("a CloudEvent with %s is told, and nothing is stored", async (_what, change, problem) => {
  const before = await stored();
  expect(await told(structured({ ...valid, ...change }))).toBe(problem);
  expect(await stored()).toBe(before);
});

test("a mistake in binary mode is told by the attribute's name", async () => {
  const before = await stored();
  const binary = (headers: Record<string, string>, body = "{}") =>
    told(
      post(body, {
        ...{ "ce-specversion": "1.0", "ce-id": "b", "ce-source": "/s", "ce-type": "t" },
        ...headers,
      }),
    );
  expect(await binary({ "ce-specversion": "0.3" })).toBe("422 INVALID specversion");
  expect(await binary({ "ce-id": "%E9" })).toBe("422 INVALID id");
  expect(await binary({ "ce-subject": "17" })).toBe("422 INVALID subject");
  expect(await binary({ "content-type": "text/plain" })).toBe("422 INVALID datacontenttype");
  expect(await binary({ "ce-data": "1" })).toBe("422 INVALID data");
  expect(await binary({}, "{")).toBe("400 BAD_REQUEST");
  expect(await binary({ "idempotency-key": "k" })).toBe("422 INVALID Idempotency-Key");
  expect(
    await told(post({ type: "t" }, { "ce-id": "1", "content-type": "application/json" })),
  ).toBe("422 INVALID specversion INVALID source INVALID type");
  expect(await stored()).toBe(before);
});
