import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { answer, eventOf, type Problem, rest, told } from "../fixtures/rest.ts";

type Emitted = { id: string; status: string; isDuplicate: boolean };

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

const post = (body: unknown, headers: Record<string, string> = {}, key?: string) =>
  rest(hub, "POST", "/v1/events", { body, headers, ...(key !== undefined && { key }) });
const stored = async () => {
  const [row] = await hub.db.sql<{ n: number }[]>`select count(*)::int as n from signalbox.events`;
  return row?.n;
};

describe("an event", () => {
  test("is stored with all that it was sent with, to the digit", async () => {
    const data = '{"big":9007199254740993,"exact":1.10,"2":"b","1":"a"}';
    const event = {
      type: "order.paid",
      name: "Order paid",
      avatar: "💶",
      category: "orders",
      contentType: "JSON",
      userId: "u1",
      contextId: "c1",
      stepUuid: "0b8e1f0c-3a53-4b6b-9a6f-2d6f4e1c7a55",
      idempotencyKey: "all",
      uid: "payment-17",
      channels: ["eu", "vip"],
      tags: ["import"],
      occurredAt: "2026-01-31T13:00:00+01:00",
      subject: { type: "order", id: "17" },
    };
    const body = `{"data":${data},"content":12345678901234567890,"actions":[{"url":"https://example.com/ban","buttonText":"Ban","external":true,"meta":{"n":1.0}}],${JSON.stringify(event).slice(1)}`;
    const emitted = await answer<Emitted>(post(body), 201);
    expect(emitted).toEqual({ id: emitted.id, status: "PROCESSED", isDuplicate: false });
    const [row] = await hub.db.sql<Record<string, unknown>[]>`
      select data::text, content::text, origin from signalbox.events where id = ${emitted.id}`;
    expect(row).toEqual({ data, content: "12345678901234567890", origin: "API" });
    const [action] = await hub.db.sql<{ meta: string }[]>`
      select meta::text from signalbox.actions where event_id = ${emitted.id}`;
    expect(action?.meta).toBe('{"n":1.0}');
    const fields = `type name avatar category contentType userId contextId stepUuid idempotencyKey
      uid channels tags
      occurredAt subject { type id }`;
    expect(await eventOf(hub, emitted.id, fields)).toEqual({
      ...event,
      occurredAt: "2026-01-31T12:00:00.000Z",
    });
  });

  test("waits for its deliveries, and for its time", async () => {
    expect(await answer(post({ type: "a", waitMs: 15_000 }), 201)).toMatchObject({
      status: "PROCESSED",
    });
    for (const schedule of [{ delay: 3_600 }, { timestamp: Date.now() + 3_600_000 }])
      expect(await answer(post({ type: "a", ...schedule }), 201)).toMatchObject({
        status: "SCHEDULED",
      });
    const [row] = await hub.db.sql<{ s: number }[]>`
      select extract(epoch from scheduled_for - received_at)::int as s from signalbox.events
      where scheduled_for is not null order by id desc limit 1`;
    expect(row?.s).toBeGreaterThan(3_590);
  });

  test("in a list is answered in its place; all are stored or none", async () => {
    const emitted = await answer<Emitted[]>(post([{ type: "l", data: 1 }, { name: "m" }]), 201);
    expect(emitted).toHaveLength(2);
    expect(await eventOf(hub, emitted[1]?.id ?? "", "type")).toEqual({ type: "m" });
    const before = await stored();
    expect(await told(post([{ type: "l" }, { type: 5, x: 1 }, 7]))).toBe(
      "422 INVALID 1.type INVALID 1.x INVALID 2",
    );
    expect(await told(post([{ type: "l" }, { type: "" }, { type: "l", userId: "" }]))).toBe(
      "422 INVALID 1.type INVALID 2.userId",
    );
    expect(await told(post([{ type: "l" }, { type: "l", waitMs: 15_001 }]))).toBe(
      "422 INVALID 1.waitMs",
    );
    expect(await told(post([]))).toBe("422 INVALID");
    expect(await told(post(Array(1_001).fill({ type: "l" })))).toBe("422 INVALID");
    expect(await stored()).toBe(before);
    expect(await answer<Emitted[]>(post(Array(1_000).fill({ type: "l" })), 201)).toHaveLength(
      1_000,
    );
  });
});

describe("a mistake", () => {
  test.each([
    ["no type", {}, "422 INVALID type"],
    ["no object", "5", "422 INVALID"],
    ["null", "null", "422 INVALID"],
    ["a text", '"order.paid"', "422 INVALID"],
    ["a number for a text", { type: 5 }, "422 INVALID type"],
    ["an empty type", { type: "" }, "422 INVALID type"],
    ["a long type", { type: "t".repeat(201) }, "422 INVALID type"],
    ["a field that is unknown", { type: "a", tpye: "a" }, "422 INVALID tpye"],
    ["another kind of content", { type: "a", contentType: "HTML" }, "422 INVALID contentType"],
    ["no time", { type: "a", occurredAt: "yesterday" }, "422 INVALID occurredAt"],
    [
      "a day that is not",
      { type: "a", occurredAt: "2026-02-30T00:00:00Z" },
      "422 INVALID occurredAt",
    ],
    ["no moment", { type: "a", timestamp: true }, "422 INVALID timestamp"],
    ["a delay before now", { type: "a", delay: -1 }, "422 INVALID delay"],
    ["a delay without end", '{"type":"a","delay":1e400}', "422 INVALID delay"],
    ["a wait of a fraction", { type: "a", waitMs: 1.5 }, "422 INVALID waitMs"],
    ["a long wait", { type: "a", waitMs: 15_001 }, "422 INVALID waitMs"],
    ["half a subject", { type: "a", subject: { type: "o" } }, "422 INVALID subject.id"],
    [
      "more of a subject",
      { type: "a", subject: { type: "o", id: "1", x: 1 } },
      "422 INVALID subject.x",
    ],
    [
      "an action without url",
      { type: "a", actions: [{ buttonText: "b" }] },
      "422 INVALID actions.0.url",
    ],
    [
      "a private target",
      { type: "a", actions: [{ url: "http://10.0.0.1/", buttonText: "b", key: "k" }] },
      "422 TARGET_REFUSED actions.0.url",
    ],
    ["data that is too large", { type: "a", data: "x".repeat(262_143) }, "422 INVALID data"],
    [
      "data that is too deep",
      `{"type":"a","data":${"[".repeat(65)}${"]".repeat(65)}}`,
      "422 INVALID data",
    ],
    [
      "a body that is too deep",
      `{"type":"a","data":${"[".repeat(99)}${"]".repeat(99)}}`,
      "400 LIMIT_EXCEEDED",
    ],
    [
      "a body that is too large",
      `{"type":"a","data":"${"x".repeat(4 * 2 ** 20)}"}`,
      "413 REQUEST_TOO_LARGE",
    ],
    ["half a document", '{"type":', "400 BAD_REQUEST"],
    ["two documents", '{"type":"a"}{"type":"a"}', "400 BAD_REQUEST"],
  ])("of %s is told, and nothing is stored", async (_what, body, problem) => {
    const before = await stored();
    expect(await told(post(body))).toBe(problem);
    expect(await stored()).toBe(before);
  });

  test("says what would be right", async () => {
    const sayings = async (body: unknown) =>
      (await answer<Problem>(post(body), 422)).errors.map(({ message }) => message);
    expect(await sayings({ type: 5, contentType: "HTML", occurredAt: "x", tpye: 1 })).toEqual([
      "field 'type' must be a string, not 5",
      "field 'contentType' must be one of TEXT, ROWS, JSON, IMAGE, not \"HTML\"",
      "field 'occurredAt' must be an RFC 3339 string such as 2026-01-31T12:00:00Z, not \"x\"",
      "field 'tpye' is unknown; known are type, name, avatar, category, contentType, userId, subject, contextId, stepUuid, uid, channels, tags, idempotencyKey, data, content, occurredAt, timestamp, delay, actions, broadcast, hookId, waitMs",
    ]);
    expect(await sayings([1])).toEqual(["the body must be an object, not 1"]);
  });

  test("of media type, method, key or role is told", async () => {
    const before = await stored();
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "application/json; charset=latin1",
      "application/cloudevents+avro",
    ])
      expect(await told(post("{}", { "content-type": type }))).toBe("415 UNSUPPORTED_MEDIA_TYPE");
    expect(await told(rest(hub, "PUT", "/v1/events", { body: {} }))).toBe("405 METHOD_NOT_ALLOWED");
    expect(await told(post({ type: "a" }, {}, "nobody"))).toBe("401 UNAUTHENTICATED");
    for (const role of ["VIEWER", "OPERATOR"] as const)
      expect(await told(post({ type: "a" }, {}, (await keyOf(hub, role)).key))).toBe(
        "403 FORBIDDEN",
      );
    expect(await stored()).toBe(before);
    const { key: emitter } = await keyOf(hub, "EMITTER");
    expect(await answer(post({ type: "a" }, {}, emitter), 201)).toMatchObject({
      isDuplicate: false,
    });
    expect(await told(rest(hub, "GET", "/v1/events", { key: emitter }))).toBe("403 FORBIDDEN");
  });
});

describe("an idempotency key", () => {
  const graphql = async (input: object) => {
    const { emitEvent } = await hub.run<{
      emitEvent: {
        event: { id: string } | null;
        isDuplicate: boolean;
        userErrors: { code: string }[];
      };
    }>(
      `mutation ($input: EmitEventInput!) { emitEvent(input: $input) {
        event { id } isDuplicate userErrors { code } } }`,
      { input },
    );
    return emitEvent;
  };

  test("is one key in header, body and GraphQL", async () => {
    const event = { type: "k", data: { a: 1 } };
    const first = await answer<Emitted>(post(event, { "idempotency-key": "one" }), 201);
    expect(first.isDuplicate).toBe(false);
    const again = { ...first, isDuplicate: true };
    expect(await answer(post(event, { "idempotency-key": "one" }), 201)).toEqual(again);
    expect(await answer(post({ ...event, idempotencyKey: "one" }), 201)).toEqual(again);
    expect(
      await answer(post({ ...event, idempotencyKey: "one" }, { "idempotency-key": "one" }), 201),
    ).toEqual(again);
    expect(await graphql({ ...event, idempotencyKey: "one" })).toEqual({
      event: { id: first.id },
      isDuplicate: true,
      userErrors: [],
    });
    expect(await told(post({ type: "k" }, { "idempotency-key": "one" }))).toBe(
      "409 IDEMPOTENCY_CONFLICT idempotencyKey",
    );
  });

  test("of a list makes one for each event that has none", async () => {
    const list = [{ type: "k" }, { type: "k", idempotencyKey: "own" }];
    const first = await answer<Emitted[]>(post(list, { "idempotency-key": "list" }), 201);
    const again = first.map((one) => ({ ...one, isDuplicate: true }));
    expect(await answer(post(list, { "idempotency-key": "list" }), 201)).toEqual(again);
    expect(await answer(post(list[1]), 201)).toEqual(again[1]);
  });

  test("that is none is told", async () => {
    const before = await stored();
    expect(await told(post({ type: "k" }, { "idempotency-key": "" }))).toBe(
      "422 INVALID Idempotency-Key",
    );
    expect(await told(post({ type: "k" }, { "idempotency-key": "é" }))).toBe(
      "422 INVALID Idempotency-Key",
    );
    expect(await told(post({ type: "k" }, { "idempotency-key": "x".repeat(256) }))).toBe(
      "422 INVALID idempotencyKey",
    );
    expect(await told(post({ type: "k", idempotencyKey: "a" }, { "idempotency-key": "b" }))).toBe(
      "422 INVALID Idempotency-Key",
    );
    expect(await stored()).toBe(before);
  });
});
