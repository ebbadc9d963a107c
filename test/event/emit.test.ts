import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accepted, emit, registerHook } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

const STEP = "0b8e1f0c-3a53-4b6b-9a6f-2d6f4e1c7a55";

describe("an event", () => {
  test("of a type alone has every default", async () => {
    const { viewer } = await hub.run<{ viewer: { project: { source: string } } }>(
      "{ viewer { project { source } } }",
    );
    const { id, occurredAt, receivedAt, ...event } = await accepted<Record<string, unknown>>(
      hub,
      { type: "plain" },
      `id type typeVersion data source name avatar category contentType content userId subject { id }
      contextId stepUuid idempotencyKey origin causedBy { id } occurredAt receivedAt status error why { reason }
      cloudEvent deliveries { nodes { id } }`,
    );
    expect(occurredAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(receivedAt).toBe(occurredAt);
    const source = viewer.project.source;
    expect(event).toEqual({
      type: "plain",
      typeVersion: null,
      data: null,
      source,
      name: "plain",
      avatar: null,
      category: null,
      contentType: "TEXT",
      content: null,
      userId: null,
      subject: null,
      contextId: null,
      stepUuid: null,
      idempotencyKey: null,
      origin: "API",
      causedBy: null,
      status: "PROCESSED",
      error: null,
      why: [],
      cloudEvent: {
        specversion: "1.0-rc1",
        id,
        type: "plain",
        source,
        time: occurredAt,
        data: null,
      },
      deliveries: { nodes: [] },
    });
  });

  test("keeps all that it is given, and reads the same later", async () => {
    const input = {
      type: "Ticket Created 🎫 ",
      name: "Broken “printer”",
      avatar: "🖨️",
      category: "it",
      contentType: "ROWS",
      content: [["a", 1]],
      userId: "user 1",
      subject: { type: "ticket", id: "42" },
      contextId: "c-1",
      stepUuid: STEP,
      idempotencyKey: "key ✓",
      data: [],
    };
    const fields = `id type name avatar category contentType content userId subject { type id } contextId
      stepUuid idempotencyKey data occurredAt`;
    const event = await accepted<{ id: string }>(
      hub,
      { ...input, occurredAt: "2026-01-31T12:00:00.1239+02:00" },
      fields,
    );
    expect(event).toEqual({ ...input, id: event.id, occurredAt: "2026-01-31T10:00:00.123Z" });
    const again = await hub.run(`query ($id: ID!) { event(id: $id) { ${fields} } }`, event);
    expect(again).toEqual({ event });
  });

  test("with a name alone has the name as its type", async () => {
    expect(await accepted(hub, { name: "New user" }, "type name")).toEqual({
      type: "New user",
      name: "New user",
    });
  });

  test("reads how to show its content off the content", async () => {
    const shown: [unknown, string][] = [
      [null, "TEXT"],
      ["hello", "TEXT"],
      [[1], "ROWS"],
      [{ a: 1 }, "JSON"],
      [5, "JSON"],
    ];
    for (const [content, contentType] of shown) {
      const event = await accepted(hub, { type: "shown", content }, "content contentType");
      expect(event).toEqual({ content, contentType });
    }
  });

  test("keeps its data as it came: order of keys, odd keys, odd numbers and odd characters", async () => {
    await using target = await receiver();
    await registerHook(hub, { url: target.url, types: ["odd"] });
    const text = String.raw`{"z":1,"a":{"y":null,"b":[]},"__proto__":{"polluted":true},"constructor":0,"":"",
      "numbers":[1e21,1.5e-9,0.1,-7,9007199254740991],"text":"NUL \u0000, half \ud800, whole 😀, \u2028, \u007f"}`;
    const data = JSON.parse(text);
    const event = await accepted<{ id: string; data: unknown }>(
      hub,
      { type: "odd", data, waitMs: 10_000 },
      "id data",
    );
    const read = await hub.run<{ event: { data: unknown } }>(
      "query ($id: ID!) { event(id: $id) { data } }",
      { id: event.id },
    );
    expect(JSON.stringify(event.data)).toBe(JSON.stringify(data));
    expect(JSON.stringify(read.event.data)).toBe(JSON.stringify(data));
    expect(JSON.stringify(JSON.parse(target.requests[0]?.body ?? "").data)).toBe(
      JSON.stringify(data),
    );
  });

  test("is found by its id in capitals, alone and as a node", async () => {
    const { id } = await accepted<{ id: string }>(hub, { type: "found" }, "id");
    const found = await hub.run("query ($id: ID!) { event(id: $id) { id } node(id: $id) { id } }", {
      id: id.toUpperCase(),
    });
    expect(found).toEqual({ event: { id }, node: { id } });
  });

  test("may be as long as its limits say, counted in characters and, for documents, in bytes", async () => {
    const long = "😀".repeat(200);
    const input = {
      type: long,
      name: long,
      category: long,
      userId: long,
      contextId: long,
      subject: { type: long, id: long },
      avatar: "x".repeat(2_048),
      idempotencyKey: "x".repeat(255),
      data: "x".repeat(262_142),
      content: `${"é".repeat(131_070)}xx`,
    };
    const { userErrors, event } = await emit(hub, input, "type data content");
    expect(userErrors).toEqual([]);
    expect(event).toEqual({ type: long, data: input.data, content: input.content });
  });
});

test("the first and the last moment of the calendar can be when an event occurred", async () => {
  for (const occurredAt of ["1000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"]) {
    expect(await accepted(hub, { type: "a", occurredAt }, "occurredAt")).toEqual({ occurredAt });
  }
});

describe("waitMs", () => {
  test("ends as soon as every delivery has ended", async () => {
    await using quick = await receiver();
    await using slow = await receiver((_request, response) =>
      setTimeout(() => response.end("late"), 300),
    );
    for (const { url } of [quick, slow]) await registerHook(hub, { url, types: ["waited"] });
    const event = await accepted<object>(
      hub,
      { type: "waited", waitMs: 15_000 },
      "status deliveries { nodes { status } }",
    );
    expect(event).toEqual({
      status: "PROCESSED",
      deliveries: { nodes: [{ status: "SUCCEEDED" }, { status: "SUCCEEDED" }] },
    });
    expect(slow.requests).toHaveLength(1);
  });

  test("ends at its limit when a receiver never answers", async () => {
    await using silent = await receiver(() => {});
    await registerHook(hub, { url: silent.url, types: ["stuck"], timeoutMs: 60_000 });
    const began = performance.now();
    const event = await accepted(hub, { type: "stuck", waitMs: 700 }, "status");
    expect(event).toEqual({ status: "DISPATCHED" });
    expect(performance.now() - began).toBeGreaterThanOrEqual(695);
    // Not after the 60 s of the attempt.
    expect(silent.requests).toHaveLength(1);
  });
});
