import { afterAll, beforeAll, expect, test } from "vitest";
import { type Frame, startFrame } from "../fixtures/frame.ts";
import { openSocket } from "../fixtures/socket.ts";

let frame: Frame;
beforeAll(async () => {
  frame = await startFrame();
});
afterAll(async () => {
  await frame[Symbol.asyncDispose]();
});

const RESPONSE = "application/graphql-response+json";
const PLAIN = "application/json";
const viewer = { query: "{ viewer { keyName } }" };
const emit = (type: string) => ({
  query: `mutation { emitEvent(input: { type: "${type}" }) { isDuplicate } }`,
});
const typeOf = (response: Response) => response.headers.get("content-type")?.split(";")[0];

test.each([
  [RESPONSE, RESPONSE],
  [PLAIN, PLAIN],
  ["*/*", PLAIN],
  [`${RESPONSE},${PLAIN};q=0.9`, RESPONSE],
  // Spring's order; weights alone tell what is liked better.
  [`${PLAIN}, ${RESPONSE}, application/graphql+json`, RESPONSE],
  [`${PLAIN}, ${RESPONSE};q=0.9`, PLAIN],
  [`${RESPONSE};q=0, ${PLAIN}`, PLAIN],
  [`image/png, ${RESPONSE.toUpperCase()} ; charset=utf-8`, RESPONSE],
  [`multipart/mixed, ${RESPONSE}, ${PLAIN}`, RESPONSE],
  [`text/event-stream;q=0.5, */*`, PLAIN],
  [`text/event-stream;q=0.5, ${RESPONSE}`, RESPONSE],
])("Accept: %s is answered as %s, errors of every kind too", async (accept, type) => {
  for (const [status, body, headers] of [
    [200, viewer, {}],
    [400, "{ no JSON", {}],
    [400, { query: "{ viewer {" }, {}],
    [400, { query: "{ nope }" }, {}],
    [400, { query: "query ($n: Int!) { events(first: $n) { nodes { id } } }" }, {}],
    [401, viewer, { authorization: "" }],
    [403, emit("a"), { authorization: "Bearer viewer" }],
    [415, "query=x", { "content-type": "text/plain" }],
    [500, emit("bug"), {}],
    [503, emit("away"), {}],
    [503, viewer, { authorization: "Bearer away" }],
  ] as [number, unknown, Record<string, string>][]) {
    const response = await frame.post(body, { accept, ...headers });
    expect([status, typeOf(response)], JSON.stringify(body)).toEqual([response.status, type]);
    const { data, errors } = (await response.json()) as { data: unknown; errors: unknown[] };
    expect(errors === undefined).toBe(status === 200);
    expect(data === undefined || status === 200 || status >= 500).toBe(true);
  }
  const get = await fetch(`${frame.url}/graphql`, { headers: { accept } });
  expect([get.status, typeOf(get)]).toEqual([405, type]);
});

test("a subscription is answered with events when they are accepted at all", async () => {
  const query = 'subscription { eventEmitted(after: "old") { cursor } }';
  const accept = `${RESPONSE}, ${PLAIN}, text/event-stream, multipart/mixed`;
  const response = await frame.post({ query }, { accept });
  expect(typeOf(response)).toBe("text/event-stream");
  expect(await response.text()).toContain("CURSOR_EXPIRED");
  expect(typeOf(await frame.post(viewer, { accept }))).toBe(RESPONSE);
});

const hash = { persistedQuery: { version: 1, sha256Hash: "a".repeat(64) } };
const notSupported = {
  errors: [
    {
      message: "PersistedQueryNotSupported",
      extensions: { code: "PERSISTED_QUERY_NOT_SUPPORTED" },
    },
  ],
};

test("a query that is asked for by its hash alone is answered so that the client sends it whole", async () => {
  for (const [accept, status] of [
    [PLAIN, 200],
    ["*/*", 200],
    [RESPONSE, 400],
  ] as const) {
    for (const more of [{}, { query: null }, { variables: {}, operationName: "a" }]) {
      const response = await frame.post({ extensions: hash, ...more }, { accept });
      expect(response.status).toBe(status);
      expect(await response.json()).toEqual(notSupported);
    }
    const url = `${frame.url}/graphql?operationName=a&extensions=${encodeURIComponent(JSON.stringify(hash))}`;
    const get = await fetch(url, { headers: { accept, authorization: "Bearer admin" } });
    expect(get.status).toBe(status);
    expect(await get.json()).toEqual(notSupported);
  }
  const whole = await frame.post({ ...viewer, extensions: hash });
  expect(await whole.json()).toEqual({ data: { viewer: { keyName: "admin" } } });
  await using socket = await openSocket(frame.url);
  socket.send({ id: "1", type: "subscribe", payload: { extensions: hash } });
  await expect
    .poll(() => socket.got("1"))
    .toEqual([{ id: "1", type: "error", payload: notSupported.errors }]);
  socket.subscribe("1", viewer.query);
  await expect.poll(() => socket.got("1").length).toBe(3);
});

test.each([
  ["No API key", ""],
  ["No API key", "Bearer"],
  ["must begin with the word Bearer", "admin"],
  ["must begin with the word Bearer", "Basic YWRtaW46"],
  ["must begin with the word Bearer", "Token admin"],
  ["The API key is a placeholder", "Bearer <key>"],
  ["The API key is a placeholder", "Bearer $SIGNALBOX_KEY"],
  ["The API key is a placeholder", "bearer YOUR_KEY"],
  ["The API key is a placeholder", "Bearer sbx_..."],
  ["The API key is a placeholder", `Bearer ${Buffer.from("sbx_…").toString("latin1")}`],
  ["is unknown or has been revoked", "Bearer nobody"],
  ["is unknown or has been revoked", `Bearer sbx_${"a".repeat(60)}`],
])("401 says: %s (%s)", async (message, authorization) => {
  const response = await frame.post(viewer, { authorization });
  expect(response.status).toBe(401);
  const { errors } = (await response.json()) as { errors: { message: string }[] };
  expect(errors[0]?.message).toContain(message);
});
