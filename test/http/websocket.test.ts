import { createClient } from "graphql-ws";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Frame, feed, startFrame } from "../fixtures/frame.ts";
import { bareSocket, openSocket } from "../fixtures/socket.ts";

let frame: Frame;
beforeAll(async () => {
  frame = await startFrame();
});
afterAll(async () => {
  await frame[Symbol.asyncDispose]();
});

const open = (options?: Parameters<typeof bareSocket>[1] & { url?: string }) =>
  bareSocket(options?.url ?? frame.url, options);
const init = (key = "admin", options?: Parameters<typeof open>[0]) =>
  openSocket(options?.url ?? frame.url, key, options);

const watch = "subscription { eventEmitted { event { type } } }";
const publish = (type: string) => Promise.all([...feed.readers].map((read) => read(type)));

test("a client subscribes, queries and mutates over one socket", async () => {
  const client = createClient({
    url: `${frame.url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: "Bearer admin" },
  });
  const events = client.iterate({ query: watch });
  const first = events.next();
  await expect.poll(() => feed.readers.size).toBe(1);
  publish("order.created");
  expect((await first).value).toEqual({
    data: { eventEmitted: { event: { type: "order.created" } } },
  });
  const viewer = await client.iterate({ query: "{ viewer { keyName key { role } } }" }).next();
  expect(viewer.value).toEqual({ data: { viewer: { keyName: "admin", key: { role: "ADMIN" } } } });
  await events.return?.();
  await expect.poll(() => feed.readers.size).toBe(0);
  await client.dispose();
});

test("a bad document, a forbidden field and too much are errors of their operation alone", async () => {
  const client = await init("viewer");
  client.subscribe("live", watch);
  client.subscribe("syntax", "{ viewer {");
  client.subscribe("invalid", "{ nope }");
  client.subscribe("forbidden", "{ apiKeys }");
  client.subscribe(
    "big",
    "{ events(first: 100) { nodes { deliveries(first: 100) { nodes { id } } } } }",
  );
  const codes = () =>
    ["syntax", "invalid", "forbidden", "big"].map((id) => {
      const [message] = client.got(id);
      const [error] = (message?.payload ?? []) as { extensions: { code: string } }[];
      return `${message?.type} ${error?.extensions.code}`;
    });
  await expect
    .poll(codes)
    .toEqual([
      "error GRAPHQL_PARSE_FAILED",
      "error GRAPHQL_VALIDATION_FAILED",
      "error FORBIDDEN",
      "error LIMIT_EXCEEDED",
    ]);
  await publish("a");
  await expect.poll(() => client.got("live").at(0)?.type).toBe("next");
  client.socket.terminate();
  await expect.poll(() => feed.readers.size).toBe(0);
});

test("a subscription that cannot go on ends with its code, at its start and later", async () => {
  const client = await init();
  client.subscribe("start", 'subscription { eventEmitted(after: "old") { cursor } }');
  client.subscribe("later", watch);
  await expect.poll(() => feed.readers.size).toBe(1);
  await publish("expire");
  for (const id of ["start", "later"]) {
    await expect
      .poll(() => client.got(id))
      .toMatchObject([{ type: "error", payload: [{ extensions: { code: "CURSOR_EXPIRED" } }] }]);
  }
  client.socket.close();
});

test.each([
  ["not JSON", "nonsense", 4400],
  ["an unknown type", { type: "nope" }, 4400],
  ["a server's type", { type: "next", id: "1", payload: {} }, 4400],
  ["no type", {}, 4400],
  ["a list", [], 4400],
  [
    "a subscription before its time",
    { id: "1", type: "subscribe", payload: { query: "{a}" } },
    4401,
  ],
  ["a wrong key", { type: "connection_init", payload: { authorization: "Bearer nobody" } }, 4401],
  ["no key", { type: "connection_init" }, 4401],
  [
    "a key while the database is away",
    { type: "connection_init", payload: { authorization: "Bearer away" } },
    1013,
  ],
])("%s closes the socket with its code", async (_, message, code) => {
  const client = open();
  await client.opened;
  client.send(message);
  expect((await client.closed).code).toBe(code);
});

test.each([
  [
    "the id of a live operation",
    4409,
    (id: string) => ({ id, type: "subscribe", payload: { query: watch } }),
  ],
  [
    "an id of 129 characters",
    4400,
    () => ({ id: "x".repeat(129), type: "subscribe", payload: { query: watch } }),
  ],
  ["a second connection_init", 4429, () => ({ type: "connection_init" })],
  ["a frame over 1 MiB", 1009, () => ({ type: "ping", payload: { a: "x".repeat(1024 * 1024) } })],
  [
    "a very deep message",
    4400,
    () => `{"type":"ping","payload":{"a":${"[".repeat(9_000)}${"]".repeat(9_000)}}}`,
  ],
])("%s closes the socket with its code", async (_, code, message) => {
  const client = await init();
  client.subscribe("1", watch);
  await expect.poll(() => feed.readers.size).toBe(1);
  client.send(message("1"));
  expect((await client.closed).code).toBe(code);
  await expect.poll(() => feed.readers.size).toBe(0);
});

test("a binary frame is a bad message", async () => {
  const client = await init();
  client.socket.send(Buffer.from('{"type":"ping"}'));
  expect((await client.closed).code).toBe(4400);
});

test("ids that look like prototypes are ids like others", async () => {
  const client = await init();
  const ids = ["__proto__", "constructor", "toString"];
  for (const id of ids) client.subscribe(id, "{ viewer { keyName } }");
  await expect
    .poll(() => ids.map((id) => client.got(id).map((message) => message.type)))
    .toEqual(ids.map(() => ["next", "complete"]));
  client.socket.close();
});

test("who does not introduce itself within 3 s is closed with 4408", async () => {
  expect((await open().closed).code).toBe(4408);
});

test("another subprotocol is not spoken", async () => {
  expect(await open({ protocol: "graphql-ws" }).failed).toContain("subprotocol");
});

test("pages of other origins are refused, our own and programs are not", async () => {
  for (const origin of ["https://evil.example", "null", `${frame.url}.evil.example`]) {
    expect(await open({ headers: { origin } }).failed).toContain("403");
  }
  const own = await init("admin", { headers: { origin: frame.url } });
  own.socket.close();
  const elsewhere = new WebSocket(`${frame.url.replace("http", "ws")}/other`);
  const message = await new Promise((resolve) =>
    elsewhere.on("error", (it) => resolve(it.message)),
  );
  expect(message).toContain("404");
});

test("50 subscriptions a socket, the next one ends itself and no other", async () => {
  const client = await init();
  for (let id = 1; id <= 50; id++) client.subscribe(String(id), watch);
  await expect.poll(() => feed.readers.size).toBe(50);
  client.send({ id: "1", type: "complete" });
  await expect.poll(() => feed.readers.size).toBe(49);
  client.subscribe("51", watch);
  await expect.poll(() => feed.readers.size).toBe(50);
  client.subscribe("52", watch);
  await expect
    .poll(() => client.got("52"))
    .toMatchObject([
      {
        type: "error",
        payload: [
          {
            message: "Subscriptions of one websocket: at most 50, got 51.",
            extensions: { code: "LIMIT_EXCEEDED" },
          },
        ],
      },
    ]);
  await publish("a");
  await expect.poll(() => client.messages.filter(({ type }) => type === "next").length).toBe(50);
  client.socket.close();
  await expect.poll(() => feed.readers.size).toBe(0);
});

test("10,000 subscriptions begun and completed leave nothing behind", async () => {
  const client = await init();
  for (let id = 0; id < 10_000; id++) {
    client.subscribe(String(id), watch);
    client.send({ id: String(id), type: "complete" });
  }
  client.subscribe("last", "{ viewer { keyName } }");
  await expect.poll(() => client.got("last").length, { timeout: 15_000 }).toBe(2);
  await expect.poll(() => feed.readers.size).toBe(0);
  expect(client.socket.readyState).toBe(WebSocket.OPEN);
  client.socket.close();
});

test("100 sockets a key, the next one is closed with 4429", async () => {
  const clients = await Promise.all(Array.from({ length: 100 }, () => init("operator")));
  const one = open();
  await one.opened;
  one.send({ type: "connection_init", payload: { authorization: "Bearer operator" } });
  expect((await one.closed).code).toBe(4429);
  clients[0]?.socket.close();
  await clients[0]?.closed;
  const again = await init("operator");
  for (const client of [...clients, again]) client.socket.terminate();
});

test("the sockets of a revoked key are closed with 4403 within 5 s", async () => {
  const client = await init("emitter");
  frame.revoked.add("emitter");
  expect((await client.closed).code).toBe(4403);
});

test("a reader that stops reading stops its feed and is closed with 4000; another misses nothing", async () => {
  const slow = await init();
  const fast = await init("viewer");
  const big = "subscription { eventEmitted { event { type data } } }";
  slow.subscribe("1", big);
  fast.subscribe("1", big);
  await expect.poll(() => feed.readers.size).toBe(2);
  const [slowRead, fastRead] = [...feed.readers];
  slow.socket.pause();
  let slowPushed = 0;
  const pushing = (async () => {
    while (feed.readers.size === 2) {
      await slowRead?.(`s${slowPushed}`);
      slowPushed++;
    }
  })();
  for (let index = 0; index < 200; index++) await fastRead?.(`f${index}`);
  await expect.poll(() => fast.got("1").length).toBe(200);
  // 64 KB each: what the kernel takes, and not much more.
  expect(slowPushed).toBeLessThan(200);
  await expect.poll(() => feed.readers.size).toBe(1);
  slow.socket.resume();
  expect((await slow.closed).code).toBe(4000);
  await pushing;
  fast.socket.terminate();
});

test("a client that sends without reading is no longer heard, so that its answers stay few", async () => {
  const client = await init();
  client.socket.pause();
  const payload = { a: "x".repeat(100_000) };
  for (let count = 0; count < 600; count++) client.send({ type: "ping", payload });
  // The rest stays with the client once the hub, and the kernel between them, take no more.
  let left = Number.POSITIVE_INFINITY;
  const takesMore = () => {
    const before = left;
    left = client.socket.bufferedAmount;
    return left < before;
  };
  await expect.poll(takesMore, { interval: 1_000 }).toBe(false);
  expect(left).toBeGreaterThan(30_000_000);
  client.socket.terminate();
});
