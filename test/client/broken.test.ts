import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient, type SignalboxError } from "../../src/client/index.ts";
import { cuttingProxy } from "../fixtures/cuttingProxy.ts";
import { eventCount } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

test("an event whose answer was lost is stored once", async () => {
  // The hub has answered: the first bytes are those of a 200.
  await using proxy = await cuttingProxy(hub.url, (connection) => (connection < 2 ? 20 : null));
  const client = createClient({ url: proxy.url, key: hub.key });
  const both = await Promise.all([client.emit("lost.answer", 1), client.emit("lost.answer", 2)]);
  expect(both.map(({ isDuplicate }) => isDuplicate)).toEqual([false, false]);
  expect(proxy.connections).toBeGreaterThanOrEqual(3);
  expect(await eventCount(hub, "lost.answer")).toBe(2);
});

test("a query is sent again when its answer was lost, and a mutation is not", async () => {
  await using proxy = await cuttingProxy(hub.url, (connection) =>
    connection % 2 === 0 ? 20 : null,
  );
  const client = createClient({ url: proxy.url, key: hub.key });
  const error = await client
    .query('mutation { registerEventType(input: { name: "lost" }) { userErrors { message } } }')
    .catch((reason: SignalboxError) => reason);
  expect(error).toMatchObject({ code: "UNREACHABLE", mayBeDone: true });
  expect(proxy.connections).toBe(1);
  // The next connection is whole: the one after it breaks again.
  expect(await client.query("{ viewer { project { slug } } }")).toMatchObject({
    viewer: { project: { slug: "default" } },
  });
});

test("a stream whose connections break off after a few bytes has no gap and no repeat", async () => {
  // In the middle of an item, of a letter.
  await using proxy = await cuttingProxy(hub.url, (connection) => 2_000 + connection * 37);
  const direct = createClient({ url: hub.url, key: hub.key });
  const { feedCursor: after } = await direct.query<{ feedCursor: string }>("{ feedCursor }");
  const items = createClient({ url: proxy.url, key: hub.key }).events({ types: ["cut"], after });
  const sent = Array.from({ length: 12 }, (_, n) => ({ n, text: "ü😀".repeat(20) }));
  await direct.emitMany(sent.map((data) => ({ type: "cut", data })));
  const got: unknown[] = [];
  for await (const { event } of items) {
    got.push(event.data);
    if (got.length === sent.length) break;
  }
  expect(got).toEqual(sent);
  expect(proxy.connections).toBeGreaterThan(3);
});

test("Retry-After is waited for, and the others wait with it", async () => {
  const times: number[] = [];
  await using door = await receiver((request, response) => {
    times.push(request.at);
    if (times.length === 1) return void response.writeHead(429, { "retry-after": "1" }).end("busy");
    const headers = { authorization: `Bearer ${hub.key}`, "content-type": "application/json" };
    void fetch(`${hub.url}/graphql`, { method: "POST", headers, body: request.body }).then(
      async (answer) => response.writeHead(answer.status).end(await answer.text()),
    );
  });
  const client = createClient({ url: door.url, key: hub.key });
  const emits = [client.emit("busy", 1)];
  await expect.poll(() => times).toHaveLength(1);
  emits.push(client.emit("busy", 2));
  await Promise.all(emits);
  expect(times).toHaveLength(3);
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
});

test("a mutation that the hub is too busy for is sent again, when the hub says so: nothing of it was done", async () => {
  const times: number[] = [];
  await using door = await receiver(({ at }, response) => {
    const extensions = { code: "TOO_MANY_REQUESTS", retryAfter: 1 };
    const busy = { errors: [{ message: "busy", extensions }] };
    const answer = times.push(at) === 1 ? busy : { data: { done: true } };
    response.writeHead(200).end(JSON.stringify(answer));
  });
  const client = createClient({ url: door.url, key: "k" });
  expect(await client.query("mutation { done }")).toEqual({ done: true });
  expect(times).toHaveLength(2);
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
});
