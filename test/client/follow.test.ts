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
