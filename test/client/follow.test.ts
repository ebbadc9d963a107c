import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient, type SignalboxError } from "../../src/client/index.ts";
import { registerHook } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

const client = () => createClient({ url: hub.url, key: hub.key });

/** The next so many items; the iteration goes on. */
async function take<Item>(items: AsyncIterator<Item>, count: number): Promise<Item[]> {
  const taken: Item[] = [];
  while (taken.length < count) {
    const { done, value } = await items.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

test("events are followed from the moment that events() is called, and again after a cursor", async () => {
  const one = client();
  const items = one.events({ types: ["follow.*"] });
  await one.emit("follow.a", { big: 2n ** 60n }, { userId: "u" });
  await one.emit("other", 1);
  await one.emit("follow.b", 2);
  const [first, second] = await take(items, 2);
  expect(first?.event).toMatchObject({
    type: "follow.a",
    data: { big: 2n ** 60n },
    userId: "u",
    subject: null,
    status: "PROCESSED",
  });
  expect(second?.event.data).toBe(2);
  await items.return?.();
  expect(await items.next()).toEqual({ done: true, value: undefined });

  const again = client().events({ types: ["follow.*"], after: first?.cursor });
  expect(await take(again, 1)).toEqual([second]);
  await again.return?.();
});

test("what is emitted after events() is not missed, though an emit is under way and the beginning is read twice", async () => {
  const refusedRead = Promise.withResolvers<void>();
  let reads = 0;
  await using door = await receiver(async ({ body, headers }, response) => {
    const { authorization = "", "content-type": type = "", accept = "" } = headers;
    const isRead = body.includes("{ feedCursor }");
    if (isRead && ++reads === 1) {
      response.writeHead(503).end("restarting");
      refusedRead.resolve();
      return;
    }
    const answer = await fetch(`${hub.url}/graphql`, {
      ...{ method: "POST", body },
      headers: { authorization, "content-type": type, accept },
    });
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    if (body.includes('"first"')) await refusedRead.promise;
    try {
      for await (const chunk of answer.body ?? []) response.write(chunk);
      response.end();
    } catch {
      response.destroy();
    }
  });
  const one = createClient({ url: door.url, key: hub.key });
  const first = one.emit("under.way", "first");
  await expect.poll(() => door.requests).toHaveLength(1);
  const items = one.events({ types: ["under.way"] });
  const second = one.emit("under.way", "second");
  await Promise.all([first, second]);
  expect((await items.next()).value.event.data).toBe("second");
  expect(reads).toBe(2);
  await items.return?.();
});

test("deliveries are followed through their states", async () => {
  await using target = await receiver();
  const hookId = await registerHook(hub, { url: target.url, types: ["sent"] });
  const one = client();
  const items = one.deliveries({ hookId });
  const { id } = await one.emit("sent", 1);
  const seen: string[] = [];
  for await (const { delivery } of items) {
    expect(delivery.event).toEqual({ id, type: "sent", userId: null });
    seen.push(delivery.status);
    if (delivery.status === "SUCCEEDED") {
      expect(delivery.attempts).toMatchObject([{ number: 1, statusCode: 200, error: null }]);
      break;
    }
  }
  expect(seen[0]).toMatch(/PENDING|DELIVERING/);
});

test("an iteration that waits ends at once when it is told to", async () => {
  const items = client().events();
  const waiting = items.next();
  await items.return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });

  const stop = new AbortController();
  const others = client().events({ signal: stop.signal });
  const next = others.next();
  stop.abort(new Error("enough"));
  await expect(next).rejects.toThrow("enough");
});

test("what never will pass ends the iteration with the hub's error", async () => {
  const wrong = await client()
    .events({ after: "nonsense" })
    .next()
    .catch((error: SignalboxError) => error);
  expect(wrong).toMatchObject({ name: "SignalboxError", code: "CURSOR_EXPIRED" });
});
