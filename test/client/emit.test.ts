import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient, type SignalboxError } from "../../src/client/index.ts";
import { eventCount } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  await hub.run(
    'mutation { registerEventType(input: { name: "order.paid", schema: { amount: "Integer" } }) { userErrors { message } } }',
  );
});
afterAll(() => hub[Symbol.asyncDispose]());

const client = () => createClient({ url: hub.url, key: hub.key });

/** The error that a call fails with. */
const refusal = (call: Promise<unknown>): Promise<SignalboxError> =>
  call.then(
    () => Promise.reject(new Error("it did not fail")),
    (error) => error,
  );

test("an event is stored with its fields", async () => {
  const { id, status, isDuplicate } = await client().emit(
    "cart.left",
    { items: ["a"] },
    { userId: "u1", subject: { type: "cart", id: "7" }, delay: 3600 },
  );
  expect({ status, isDuplicate }).toEqual({ status: "SCHEDULED", isDuplicate: false });
  const { node } = await client().query<{ node: object }>(
    "query ($id: ID!) { node(id: $id) { ... on Event { type data userId subject { type id } } } }",
    { id },
  );
  expect(node).toEqual({
    type: "cart.left",
    data: { items: ["a"] },
    userId: "u1",
    subject: { type: "cart", id: "7" },
  });
});

test("events that are emitted at the same time go together, in order, and each fails alone", async () => {
  const calls: number[] = [];
  const { fetch: real } = globalThis;
  globalThis.fetch = async (input, init) => {
    const body = JSON.parse(String(init?.body));
    if (body.variables?.input) calls.push(body.variables.input.length);
    return real(input, init);
  };
  const amounts = Array.from({ length: 1_200 }, (_, index) => index);
  const bad = new Set([3, 700, 1_199]);
  const together = client();
  const feed = together.events({ types: ["order.paid"] });
  const outcomes = await Promise.allSettled(
    amounts.map((amount) =>
      together.emit("order.paid", { amount: bad.has(amount) ? "much" : amount }),
    ),
  ).finally(() => {
    globalThis.fetch = real;
  });
  const failed = outcomes.flatMap((outcome, index) =>
    outcome.status === "rejected" ? [{ index, error: outcome.reason as SignalboxError }] : [],
  );
  expect(failed.map(({ index }) => index)).toEqual([...bad]);
  for (const { error } of failed) {
    expect(error.code).toBe("DATA_INVALID");
    expect(error.path).toEqual(["data", "amount"]);
  }
  // Three batches, and again without the bad one of each.
  expect(calls).toEqual([500, 499, 500, 499, 200, 199]);
  const stored: unknown[] = [];
  for await (const { event } of feed) {
    stored.push((event.data as { amount: number }).amount);
    if (stored.length === amounts.length - bad.size) break;
  }
  expect(stored).toEqual(amounts.filter((amount) => !bad.has(amount)));
});

test("an event that GraphQL itself refuses fails alone", async () => {
  const together = client();
  const wrong = { delay: "soon" } as unknown as { delay: number };
  const outcomes = await Promise.allSettled([
    together.emit("odd.one", 1),
    together.emit("odd.one", 2, wrong),
    together.emit("odd.one", 3),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect((outcomes[1] as PromiseRejectedResult).reason.message).toContain("delay");
  expect(await eventCount(hub, "odd.one")).toBe(2);
});

test("data beyond the limits fails with the hub's sentence, and those beside it are stored", async () => {
  const together = client();
  const big = "x".repeat(300 * 1024);
  const huge = "x".repeat(5 * 1024 * 1024);
  const outcomes = await Promise.allSettled([
    together.emit("big.one", { big }),
    together.emit("big.one", { huge }),
    together.emit("big.one", { big: 1 }),
    together.emit("big.one", { big: "x".repeat(200 * 1024) }),
  ]);
  expect(
    outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason.message),
  ).toEqual([
    expect.stringContaining("256 KiB"),
    expect.stringContaining("at most 4194304 bytes"),
    false,
    false,
  ]);
  expect(await eventCount(hub, "big.one")).toBe(2);
});

test("emitMany stores all or none, in order", async () => {
  const events = await client().emitMany([
    { type: "many.one", data: 1 },
    { type: "many.one", data: 2, userId: "u" },
  ]);
  expect(events).toHaveLength(2);
  const bad = await refusal(
    client().emitMany([
      { type: "many.one", data: 3 },
      { type: "order.paid", data: { amount: "much" } },
    ]),
  );
  expect(bad).toMatchObject({ code: "DATA_INVALID", path: ["1", "data", "amount"] });
  const tooMany = Array.from({ length: 1_001 }, () => ({ type: "many.one", data: 0 }));
  expect((await refusal(client().emitMany(tooMany))).message).toContain("1 to 1000 events");
  expect((await refusal(client().emitMany([]))).message).toContain("1 to 1000 events");
  expect(await eventCount(hub, "many.one")).toBe(2);
});

test("a key of the caller's own says whether the event is an earlier one", async () => {
  const first = await client().emit("once", 1, { idempotencyKey: "k" });
  expect(first.isDuplicate).toBe(false);
  expect(await client().emit("once", 1, { idempotencyKey: "k" })).toEqual({
    ...first,
    isDuplicate: true,
  });
  const other = await refusal(client().emit("once", 2, { idempotencyKey: "k" }));
  expect(other.code).toBe("IDEMPOTENCY_CONFLICT");
});

test("big integers keep their digits on the way in and out", async () => {
  const data = { amount: 2n ** 64n, list: [-9007199254740993n, 1], text: "12345678901234567890" };
  const { id } = await client().emit("order.big", data);
  const [row] = await hub.db.sql<{ data: string }[]>`
    select data::text as data from signalbox.events where id = ${id}`;
  expect(row?.data.replace(/\s/g, "")).toBe(
    '{"amount":18446744073709551616,"list":[-9007199254740993,1],"text":"12345678901234567890"}',
  );
  const { node } = await client().query<{ node: { data: unknown } }>(
    "query ($id: ID!) { node(id: $id) { ... on Event { data } } }",
    { id },
  );
  expect(node.data).toEqual(data);
});

test("data that JSON would change is refused before it is sent", async () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  for (const data of [{ amount: Number.NaN }, { amount: Infinity }, circle]) {
    const error = await refusal(client().emit("never", data));
    expect(error).toMatchObject({ name: "SignalboxError", code: "INVALID" });
  }
  expect(await eventCount(hub, "never")).toBe(0);
});

test("a wrong key, address or document is told at once", async () => {
  const wrong = createClient({ url: hub.url, key: "wrong" });
  expect((await refusal(wrong.emit("a", 1))).code).toBe("UNAUTHENTICATED");
  expect((await refusal(wrong.events().next())).code).toBe("UNAUTHENTICATED");
  const elsewhere = createClient({ url: `${hub.url}/elsewhere`, key: hub.key });
  expect(await refusal(elsewhere.emit("a", 1))).toMatchObject({
    code: "BAD_ANSWER",
    message: expect.stringContaining("/elsewhere/graphql answered 404"),
  });
  expect((await refusal(client().query("{ nothing }"))).message).toContain("nothing");
  expect(() => createClient({ url: "127.0.0.1:4000", key: "k" })).toThrow('not "127.0.0.1:4000"');
  expect(() => createClient({ url: "ftp://a", key: "k" })).toThrow("url is the address");
  expect(() => createClient({ url: hub.url, key: "" })).toThrow('not ""');
  expect(() => createClient({ url: hub.url, key: "a b" })).toThrow("neither spaces");
});
