import { HTTP } from "cloudevents";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver, statuses } from "../fixtures/receiver.ts";
import { typeWithEvents } from "../fixtures/resources.ts";
import { answer, eventOf, rest } from "../fixtures/rest.ts";
import { openSocket } from "../fixtures/socket.ts";

const traceOf = (digit: string) => `00-${digit.repeat(32)}-00f067aa0ba902b7-01`;
const traceparent = traceOf("a");
const tracestate = "congo=t61rcWkgMzE,rojo=1";
const trace = { traceparent, tracestate };

let hub: TestHub;
let target: Receiver;
let type: string;
let number = 0;
beforeAll(async () => {
  target = await receiver();
  hub = await testHub();
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});
beforeEach(() => {
  number += 1;
  type = `kind${number}`;
});

/** Registers a hook of this test's type; gives the requests that it receives. */
async function hooked(input: object = {}) {
  const path = `/${type}/${target.requests.length}`;
  await register(hub, { types: [type], url: target.url + path, ...input });
  return () => target.requests.filter((request) => request.path === path);
}

const graphql = async (query: string, accept = "application/json") => {
  const headers = { ...trace, accept };
  const response = await rest(hub, "POST", "/graphql", { body: { query }, headers });
  expect(await response.text()).not.toContain('"errors"');
};
const emit = (accept?: string) =>
  graphql(`mutation { emitEvent(input: { type: "${type}" }) { event { id } } }`, accept);
const v1 = (body: unknown, headers: Record<string, string> = {}) =>
  answer<{ id: string }>(rest(hub, "POST", "/v1/events", { body, headers }), 201);
const cloudEvent = (more: object = {}) => ({
  ...{ specversion: "1.0", id: `id${number}`, source: "/test", type, data: 1 },
  ...more,
});
const structured = { "content-type": "application/cloudevents+json" };

/** The traces of the requests that came, once there are so many. */
async function traces(requests: () => Receiver["requests"], count = 1) {
  await expect.poll(() => requests().length).toBe(count);
  return requests().map(({ headers }) => headers.traceparent);
}

const doors: [string, () => Promise<unknown>][] = [
  ["emitEvent", () => emit()],
  [
    "emitEvents",
    () => graphql(`mutation { emitEvents(input: [{ type: "${type}" }]) { duplicates } }`),
  ],
  ["GraphQL over an event stream", () => emit("text/event-stream")],
  ["/v1/events", () => v1({ type }, trace)],
  ["a CloudEvent without a trace of its own", () => v1(cloudEvent(), { ...structured, ...trace })],
  [
    "Svix's door",
    () =>
      answer(
        rest(hub, "POST", "/api/v1/app/a1/msg", {
          body: { eventType: type, payload: {}, application: { name: "a", uid: "a1" } },
          headers: trace,
        }),
        202,
      ),
  ],
  [
    "Operational's door",
    () => answer(rest(hub, "POST", "/api/v1/log", { body: { name: type }, headers: trace }), 201),
  ],
  [
    "Space Cloud's door",
    () =>
      answer(
        rest(hub, "POST", "/v1/api/default/eventing/queue", { body: { type }, headers: trace }),
      ),
  ],
];

describe("the trace of the headers goes with each attempt, from", () => {
  test.each(doors)("%s", async (_door, send) => {
    const requests = await hooked();
    await send();
    expect(await traces(requests)).toEqual([traceparent]);
    expect(requests()[0]?.headers.tracestate).toBe(tracestate);
  });

  test("runEvent, Alloy's door, triggerHook, and changes of a resource", async () => {
    const requests = await hooked({ types: [type, `${type}Created`, `${type}Updated`] });
    await hub.run(
      `mutation { registerEventType(input: { name: "${type}" }) { eventType { id } } }`,
    );
    await graphql(
      `mutation { runEvent(input: { event: "${type}", userId: "u" }) { event { id } } }`,
    );
    const run = { body: { event: type, userId: "u" }, headers: trace };
    await answer(rest(hub, "POST", "/2023-12/run/event", run));
    const { hooks } = await hub.run<{ hooks: { nodes: { id: string; types: string[] }[] } }>(
      "{ hooks(first: 100) { nodes { id types } } }",
    );
    const id = hooks.nodes.find(({ types }) => types.includes(`${type}Created`))?.id;
    await graphql(`mutation { triggerHook(id: "${id}") { event { id } } }`);
    await typeWithEvents(hub, type);
    await graphql(
      `mutation { createResource(input: { type: "${type}", resourceId: "1", attributes: {} }) { event { id } } }`,
    );
    await graphql(
      `mutation { updateResource(type: "${type}", resourceId: "1", attributes: { a: 1 }) { event { id } } }`,
    );
    expect(await traces(requests, 5)).toEqual(Array(5).fill(traceparent));
  });

  test("an operation of a websocket, which has them as its extensions", async () => {
    const requests = await hooked();
    await using socket = await openSocket(hub.url, hub.key);
    const query = `mutation { emitEvent(input: { type: "${type}" }) { isDuplicate } }`;
    socket.send({ id: "1", type: "subscribe", payload: { query, extensions: trace } });
    expect(await traces(requests)).toEqual([traceparent]);
  });
});

describe("a CloudEvent's own trace wins over the headers'", () => {
  const own = { traceparent: traceOf("b"), tracestate: "own=1" };

  test("in structured and in binary mode", async () => {
    const requests = await hooked();
    await v1(cloudEvent(own), { ...structured, ...trace });
    await v1(1, {
      ...{ "ce-specversion": "1.0", "ce-id": "bin", "ce-source": "/test", "ce-type": type },
      ...{ "ce-traceparent": own.traceparent, "ce-tracestate": own.tracestate },
      ...trace,
    });
    expect(await traces(requests, 2)).toEqual([own.traceparent, own.traceparent]);
    expect(requests().map(({ headers }) => headers.tracestate)).toEqual(["own=1", "own=1"]);
  });

  test("in a batch each for itself; an invalid one is none, and never an error", async () => {
    const requests = await hooked();
    const others = [
      own,
      { traceparent: traceOf("c") },
      {},
      { traceparent: "?" },
      { traceparent: 5 },
    ];
    const events = others.map((one, index) => cloudEvent({ ...one, id: `b${index}` }));
    await v1(events, { "content-type": "application/cloudevents-batch+json", ...trace });
    await expect.poll(() => requests().length).toBe(5);
    const told = requests().map(({ headers }) => [headers.traceparent, headers.tracestate]);
    const expected = [
      [own.traceparent, "own=1"],
      [traceOf("c"), undefined],
      ...Array(3).fill([traceparent, tracestate]),
    ];
    expect(told.sort()).toEqual(expected.sort());
  });
});

test("what an event was emitted in is shown as its traceId, in GraphQL and REST", async () => {
  const { cursor } = await answer<{ cursor: string }>(rest(hub, "GET", "/v1/events"));
  const { id } = await v1({ type }, trace);
  expect(await eventOf(hub, id, "traceId")).toEqual({ traceId: "a".repeat(32) });
  const { id: other } = await v1({ type });
  expect(await eventOf(hub, other, "traceId")).toEqual({ traceId: null });
  type Page = { items: { event: { id: string; traceId: string | null } }[] };
  const { items } = await answer<Page>(rest(hub, "GET", `/v1/events?after=${cursor}`));
  expect(items.map(({ event }) => [event.id, event.traceId])).toEqual([
    [id, "a".repeat(32)],
    [other, null],
  ]);
});

test("invalid headers change nothing: the event is stored, and its attempts carry no trace", async () => {
  const requests = await hooked();
  for (const headers of [
    { traceparent: "00-xyz", tracestate },
    { tracestate },
    { traceparent: traceparent.toUpperCase() },
  ] as Record<string, string>[])
    await v1({ type }, headers);
  expect(await traces(requests, 3)).toEqual([undefined, undefined, undefined]);
  expect(requests().map(({ headers }) => headers.tracestate)).toEqual(Array(3).fill(undefined));
});

test("a repeated request with the same key is the same event, in whatever trace it comes", async () => {
  const requests = await hooked();
  const first = await v1({ type, idempotencyKey: type }, trace);
  const again = await v1({ type, idempotencyKey: type }, { traceparent: traceOf("d") });
  expect(again).toMatchObject({ id: first.id, isDuplicate: true });
  expect(await traces(requests)).toEqual([traceparent]);
});

test("every attempt carries it: the first, a retry that was claimed, a scheduled event's, a replay's", async () => {
  const requests = await hooked({ retryScheduleMs: [100] });
  target.answer = statuses(500, 200);
  await v1({ type }, trace);
  expect(await traces(requests, 2)).toEqual([traceparent, traceparent]);
  await v1({ type, delay: 0.2 }, trace);
  await expect.poll(() => requests().length, { timeout: 10_000 }).toBe(3);
  const { events } = await hub.run<{ events: { nodes: { id: string }[] } }>(
    `{ events(types: ["${type}"]) { nodes { id } } }`,
  );
  for (const { id } of events.nodes) await expect.poll(() => statusOf(id)).toBe("PROCESSED");
  const [delivery] = await hub.db.sql<{ id: string }[]>`
    select id from signalbox.ended_deliveries where event_id = ${events.nodes[0]?.id ?? ""}`;
  await hub.run(`mutation { retryDelivery(id: "${delivery?.id}") { delivery { id } } }`);
  expect(await traces(requests, 4)).toEqual(Array(4).fill(traceparent));
});
const statusOf = async (id: string) =>
  (await eventOf<{ status: string }>(hub, id, "status")).status;

describe("a CloudEvent that is sent", () => {
  test.each([
    ["CLOUD_EVENT_STRUCTURED", trace],
    ["CLOUD_EVENT_BINARY", trace],
  ])("has the trace of the emit as its extensions, in format %s", async (format, expected) => {
    const requests = await hooked({ format });
    await v1({ type }, trace);
    await traces(requests);
    const { headers, body = "" } = requests()[0] ?? {};
    expect(HTTP.toEvent({ headers: headers ?? {}, body })).toMatchObject(expected);
    expect(headers).toMatchObject(trace);
  });

  test("has none in the formats that know no extensions, nor without a trace", async () => {
    const own = (format: string) => hooked({ format, url: `${target.url}/${type}/${format}` });
    await Promise.all(["EVENT", "CLOUD_EVENT", "CLOUD_EVENT_STRUCTURED"].map(own));
    const told = (format: string) =>
      target.requests
        .filter(({ path }) => path === `/${type}/${format}`)
        .map(({ headers, body }) => [headers.traceparent, body.includes(traceparent)]);
    await v1({ type }, trace);
    await expect.poll(() => told("EVENT")).toEqual([[traceparent, false]]);
    await expect.poll(() => told("CLOUD_EVENT")).toEqual([[traceparent, false]]);
    await expect.poll(() => told("CLOUD_EVENT_STRUCTURED")).toEqual([[traceparent, true]]);
    await v1({ type });
    await expect.poll(() => told("CLOUD_EVENT_STRUCTURED")).toContainEqual([undefined, false]);
  });
});
