import { setTimeout as pause } from "node:timers/promises";
import { GraphQLObjectType, GraphQLSchema, GraphQLString, OperationTypeNode, parse } from "graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSession, type Sql } from "../../src/db/connection/client.ts";
import { weightOf } from "../../src/domain/event/eventWeight.ts";
import { type Caller, createContext, type Hub } from "../../src/graphql/builder/context.ts";
import { createBounded } from "../../src/http/gate/bounded.ts";
import { createMaskError } from "../../src/http/gate/maskError.ts";
import { createEngine } from "../../src/http/post/yoga.ts";
import { createLogger } from "../../src/log.ts";
import { createBatcher } from "../../src/util/batcher.ts";
import { Overloaded } from "../../src/util/overloaded.ts";
import { accepted } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { create, typeWithEvents } from "../fixtures/resources.ts";

type Answer = {
  status: number;
  retryAfter: number;
  errors?: { message: string; extensions: { code: string; retryAfter: number } }[];
  data?: { emitEvent?: { event: { id: string } } };
};

/** A refusal does not wait for PostgreSQL, which lets statements wait for 10 s. */
const SOON_MS = 2_000;

const EMIT = `mutation ($key: String!) {
  emitEvent(input: { type: "pressed", idempotencyKey: $key }) { event { id } userErrors { code } } }`;
const CREATE = `mutation ($id: String!) {
  createResource(input: { type: "tickets", resourceId: $id, attributes: {} }) { resource { id } userErrors { code } } }`;

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  await typeWithEvents(hub);
});
afterAll(() => hub[Symbol.asyncDispose]());

async function send(query: string, variables: object): Promise<Answer> {
  const response = await fetch(`${hub.url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${hub.key}`, "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const retryAfter = Number(response.headers.get("retry-after"));
  return { status: response.status, retryAfter, ...(await response.json()) };
}

const metric = async (name: string) => {
  const text = await (await fetch(`${hub.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
};

/** Another session holds what every writer of the feed needs, so that PostgreSQL writes nothing meanwhile. */
async function held<Result>(work: () => Promise<Result>): Promise<Result> {
  const session = openSession(hub.db.url);
  await session`begin`;
  await session`set local idle_in_transaction_session_timeout = 0`;
  await session`select from signalbox.heads for update`;
  try {
    return await work();
  } finally {
    await session`rollback`;
    await session.end();
  }
}

/** Sends again and again, waiting for no answer, until one is refused; gives all answers, and that one apart. */
async function untilRefused(one: (index: number) => Promise<Answer>) {
  const answers: Promise<Answer>[] = [];
  const refused = Promise.withResolvers<{ answer: Answer; tookMs: number }>();
  let isRefused = false;
  while (!isRefused) {
    const start = performance.now();
    const answer = one(answers.length);
    answer.then((it) => {
      if (it.status === 200) return;
      isRefused = true;
      refused.resolve({ answer: it, tookMs: performance.now() - start });
    }, refused.reject);
    answers.push(answer);
    await Promise.race([refused.promise, pause(20)]);
  }
  return { answers, refused: await refused.promise };
}

const storedKeys = async (sql: Sql) =>
  (
    await sql<{ key: string }[]>`
    select idempotency_key as key from signalbox.events where type = 'pressed'`
  ).map(({ key }) => key);

test("while PostgreSQL writes nothing, emits are soon refused with 429 and Retry-After; what was accepted is stored once, what was refused never", async () => {
  const { answers, refused, overSocket, refusedSoFar } = await held(async () => {
    const found = await untilRefused((index) => send(EMIT, { key: `key ${index}` }));
    const waiting = await metric("signalbox_emits_waiting");
    const more = await Promise.all(
      Array.from({ length: 50 }, (_, index) => send(EMIT, { key: `more ${index}` })),
    );
    expect(new Set(more.map(({ status }) => status))).toEqual(new Set([429]));
    expect(waiting).toBeGreaterThan(0);
    expect(await metric("signalbox_emits_waiting")).toBeLessThanOrEqual(waiting);
    const socket = hub.socket();
    const { value } = await socket.iterate({ query: EMIT, variables: { key: "socket" } }).next();
    return {
      ...found,
      overSocket: value,
      refusedSoFar: await metric("signalbox_emits_refused_total"),
    };
  });
  expect(refused.tookMs).toBeLessThan(SOON_MS);
  const [error] = refused.answer.errors ?? [];
  expect(error?.extensions.code).toBe("TOO_MANY_REQUESTS");
  const { retryAfter } = refused.answer;
  expect(retryAfter).toBeGreaterThanOrEqual(3);
  expect(retryAfter).toBeLessThanOrEqual(10);
  expect(error?.message).toMatch(
    /^PostgreSQL writes more slowly than events come: \d+ wait, the oldest for [2-9]\.\d s\./,
  );
  expect(error?.message).toContain(
    `Nothing of this call was stored; send it again in ${retryAfter} s.`,
  );
  expect(overSocket.errors[0].extensions).toMatchObject({ code: "TOO_MANY_REQUESTS" });
  expect(refusedSoFar).toBeGreaterThanOrEqual(52);

  const settled = await Promise.all(answers);
  const keysWith = (status: number) =>
    settled.flatMap((answer, index) => (answer.status === status ? [`key ${index}`] : []));
  expect(keysWith(200).length + keysWith(429).length).toBe(answers.length);
  expect((await storedKeys(hub.db.sql)).sort()).toEqual(keysWith(200).sort());
  expect(await metric("signalbox_emits_waiting")).toBe(0);

  // The key of a refused call is free, and the next call is taken.
  const [key = ""] = keysWith(429);
  expect((await send(EMIT, { key })).status).toBe(200);
  expect(await storedKeys(hub.db.sql)).toContain(key);
});

test("changes of resources are refused the same way, and leave the connections to others", async () => {
  const { answers, refused } = await held(async () => {
    const found = await untilRefused((index) => send(CREATE, { id: `r${index}` }));
    // A key that nobody knows is looked up: 401 says that it was.
    expect((await hub.send("{ viewer { keyName } }", {}, "x".repeat(40))).status).toBe(401);
    return found;
  });
  expect(refused.tookMs).toBeLessThan(SOON_MS);
  expect(refused.answer.errors?.[0]?.extensions.code).toBe("TOO_MANY_REQUESTS");
  const settled = await Promise.all(answers);
  const taken = settled.flatMap(({ status }, index) => (status === 200 ? [`r${index}`] : []));
  const stored = await hub.db.sql<{ id: string }[]>`
    select resource_id as id from signalbox.resources order by created_at`;
  expect(stored.map(({ id }) => id).sort()).toEqual(taken.sort());
  expect((await create(hub, { type: "tickets", resourceId: "after" })).userErrors).toEqual([]);
  await accepted(hub, { type: "after" });
});

test("a project has at most half of the 10,000 operations in flight, and the others notice nothing", async () => {
  const gate = Promise.withResolvers<string>();
  const waits = { type: GraphQLString, resolve: () => gate.promise };
  const query = new GraphQLObjectType({ name: "Query", fields: { waits } });
  const contextOf = (caller: Caller) =>
    createContext({} as Hub, caller, { requestId: "r", trace: null }, OperationTypeNode.QUERY);
  const maskError = createMaskError(createLogger("silent"));
  const engine = createEngine(new GraphQLSchema({ query }), contextOf, maskError, createBounded());
  const by = (projectId: string) => ({
    caller: { projectId, keyId: "k", keyName: "k", role: "ADMIN" as const },
    requestId: "r",
    trace: null,
    params: { query: "{ waits }" },
    document: parse("{ waits }"),
    kind: OperationTypeNode.QUERY,
  });
  const running = Array.from({ length: 5_000 }, () => engine.execute(by("flood")));
  const [refused] = (await engine.execute(by("flood"))).errors ?? [];
  expect(refused?.extensions).toEqual({ code: "TOO_MANY_REQUESTS", retryAfter: 1 });
  expect(refused?.message).toMatch(/^Too many operations in flight: this project has 5000, /);
  running.push(...Array.from({ length: 1_000 }, () => engine.execute(by("neighbour"))));
  gate.resolve("over");
  for (const result of await Promise.all(running)) expect(result.errors).toBeUndefined();
  expect((await engine.execute(by("flood"))).data).toEqual({ waits: "over" });
});

describe("a batcher with limits", () => {
  /** One batch is being written, until the test lets it go. */
  function stuck(waiting: { size: number; slowMs?: number; lostMs?: number }) {
    const gate = Promise.withResolvers<void>();
    const written: string[] = [];
    let size = 0;
    const { add } = createBatcher<string, string>(
      async (items) => {
        await gate.promise;
        written.push(...items);
        return Promise.allSettled(items);
      },
      {
        maxSize: 1,
        parallel: 1,
        holderOf: (item) => item.split(" ")[0] ?? "",
        waiting: { what: "things", ...waiting },
        onWaiting: (change) => (size += change),
      },
    );
    return { add, written, release: gate.resolve, sizeNow: () => size };
  }

  test("takes in no more than may wait", async () => {
    const { add, written, release, sizeNow } = stuck({ size: 6 });
    const first = add("first");
    await expect.poll(sizeNow).toBe(0);
    const others = ["many 1", "many 2", "many 3"].map(add);
    await expect(add("many 4")).rejects.toThrow("Too many things: this project has 3,");
    others.push(add("few 1"));
    expect(sizeNow()).toBe(4);
    release();
    await Promise.all([first, ...others]);
    expect(written).toEqual(["first", "many 1", "few 1", "many 2", "many 3"]);
    expect(await add("many 5")).toBe("many 5");
  });

  test("refuses who has waited too long, and does not write it later", async () => {
    const { add, written, release, sizeNow } = stuck({ size: 9, lostMs: 50 });
    const first = add("first");
    await expect.poll(sizeNow).toBe(0);
    await expect(add("late")).rejects.toThrow("Nothing of this call was stored");
    const next = expect(add("later")).rejects.toThrow(Overloaded);
    await next;
    release();
    await first;
    expect(await add("after")).toBe("after");
    expect(written).toEqual(["first", "after"]);
  });
});

test("an event counts for more, the more it holds", () => {
  const text = "x".repeat(1_024);
  expect(weightOf([{ type: "a" }])).toBe(1);
  expect(weightOf([{ type: "a", data: { text } }, { type: "b" }])).toBe(2);
  expect(weightOf([{ type: "a", data: { list: Array(256).fill({ text }) } }])).toBeGreaterThan(128);
});
