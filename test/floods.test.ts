import { afterAll, beforeAll, expect, test } from "vitest";
import { createProject } from "../src/domain/project.ts";
import { freshDatabase } from "./fixtures/database.ts";
import { sendTo } from "./fixtures/hub.ts";
import { type Neighbour, startNeighbour, unharmed } from "./fixtures/neighbour.ts";
import { type HubProcess, hubProcess, installation } from "./fixtures/process.ts";
import { socketTo } from "./fixtures/subscription.ts";

let stack: AsyncDisposableStack;
let hub: HubProcess;
let neighbour: Neighbour;
/** The key of the project that floods. */
let key: string;

beforeAll(async () => {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await freshDatabase());
  hub = opened.use(await hubProcess(installation({ DATABASE_URL: database.url })));
  neighbour = opened.use(await startNeighbour({ url: hub.url, db: database.db }));
  key = (await createProject(database.db.sql, "Flood")).key;
  const answer = await sendTo(hub.url, key, PAUSED);
  expect(answer.errors).toBeUndefined();
  stack = opened.move();
});
afterAll(() => stack.disposeAsync());

const PAUSED = `mutation { registerHook(input: { name: "paused", url: "https://example.com/", types: ["waits"] }) {
  hook { id } } }`;
const HOOKS = `{ hooks(first: 1) { nodes { id } } }`;
const EMIT_AND_WAIT = `mutation { emitEvent(input: { type: "waits", waitMs: 3000 }) {
  event { id } userErrors { code } } }`;

test("thousands of calls of one project that wait are refused beyond its share, and hold up nobody else", async () => {
  const found = await sendTo<{ hooks: { nodes: { id: string }[] } }>(hub.url, key, HOOKS);
  const id = found.data.hooks.nodes[0]?.id;
  await sendTo(hub.url, key, `mutation ($id: ID!) { pauseHook(id: $id) { hook { id } } }`, { id });
  const results = await unharmed(neighbour, async () => {
    const sockets = Array.from({ length: 30 }, () => socketTo({ url: hub.url, key }));
    const calls = sockets.flatMap((socket) =>
      Array.from({ length: 100 }, () => socket.iterate({ query: EMIT_AND_WAIT }).next()),
    );
    const over = await Promise.all(calls);
    for (const socket of sockets) await socket.dispose();
    return over.map(({ value }) => value);
  });
  const accepted = results.filter(({ data }) => data?.emitEvent.userErrors.length === 0);
  const refused = results.flatMap(({ errors = [] }) => errors);
  expect(accepted.length).toBeGreaterThanOrEqual(1_000);
  expect(accepted.length + refused.length).toBe(3_000);
  for (const { message, extensions } of refused) {
    expect(extensions).toEqual({ code: "TOO_MANY_REQUESTS", retryAfter: 1 });
    expect(message).toMatch(/^Too many calls that wait \(waitMs\): this project has 1000, /);
  }
}, 60_000);

test.each([
  ["sockets", leaveSockets],
  ["requests", leaveRequests],
])("who has gone waits no more: the places of %s are free at once", async (_, leave) => {
  await leave(EMIT_AND_WAIT.replace("3000", "15000"));
  const again = async () => (await sendTo(hub.url, key, EMIT_AND_WAIT.replace("3000", "1"))).status;
  await expect.poll(again, { timeout: 10_000 }).toBe(200);
});

/** Fills the project's places to wait by calls over sockets, and ends these. */
async function leaveSockets(query: string) {
  const sockets = Array.from({ length: 11 }, () => socketTo({ url: hub.url, key }));
  const connected = sockets.map(
    (socket) => new Promise((resolve) => socket.on("connected", resolve)),
  );
  const calls = sockets.flatMap((socket) =>
    Array.from({ length: 100 }, () => socket.iterate({ query }).next()),
  );
  const gone = Promise.allSettled(calls);
  await Promise.all(connected);
  const { value } = await Promise.race(calls);
  expect(value.errors[0].extensions.code).toBe("TOO_MANY_REQUESTS");
  for (const socket of sockets) socket.terminate();
  await gone;
}

/** The same by requests. */
async function leaveRequests(query: string) {
  const abort = new AbortController();
  const calls = Array.from({ length: 1_100 }, () => sendTo(hub.url, key, query, {}, abort.signal));
  const gone = Promise.allSettled(calls);
  expect((await Promise.race(calls)).status).toBe(429);
  abort.abort();
  await gone;
}
