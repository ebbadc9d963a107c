import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createProject } from "../../src/domain/project/project.ts";
import { freshDatabase } from "../fixtures/database.ts";
import { sendTo } from "../fixtures/hub.ts";
import { type Neighbour, startNeighbour, unharmed } from "../fixtures/neighbour.ts";
import { type HubProcess, hubProcess, installation } from "../fixtures/process.ts";
import { socketTo } from "../fixtures/subscription.ts";

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

test("1,500 calls of one project that wait are refused beyond its share, and hold up nobody else", async () => {
  const found = await sendTo<{ hooks: { nodes: { id: string }[] } }>(hub.url, key, HOOKS);
  const id = found.data.hooks.nodes[0]?.id;
  await sendTo(hub.url, key, `mutation ($id: ID!) { pauseHook(id: $id) { hook { id } } }`, { id });
  const results = await unharmed(neighbour, async () => {
    const sockets = Array.from({ length: 15 }, () => socketTo({ url: hub.url, key }));
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
  expect(accepted.length + refused.length).toBe(1_500);
  for (const { message, extensions } of refused) {
    expect(extensions).toEqual({ code: "TOO_MANY_REQUESTS", retryAfter: 1 });
    expect(message).toMatch(/^Too many calls that wait \(waitMs\): this project has 1000, /);
  }
});

test.each([
  ["300 requests for metrics", "/metrics", 300],
  ["1,000 probes", "/readyz", 1_000],
  ["100 page views, not read", "/graphql", 100],
])("%s, sent without a key before any answer is read, hold up nobody", async (_, path, count) => {
  const request = `GET ${path} HTTP/1.1\r\nhost: a\r\naccept: text/html\r\n\r\n`;
  const socket = connect(Number(new URL(hub.url).port), "127.0.0.1");
  // The page is made when it is first asked for.
  await fetch(`${hub.url}/graphql`, { headers: { accept: "text/html" } });
  await unharmed(neighbour, async () => {
    const answers = Promise.withResolvers<void>();
    let seen = 0;
    socket.write(request.repeat(count));
    // Nobody reads the pages.
    if (path === "/graphql") return;
    let rest = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      const parts = (rest + chunk).split("HTTP/1.1 200 OK");
      seen += parts.length - 1;
      rest = parts.at(-1)?.slice(-20) ?? "";
      if (seen >= count) answers.resolve();
    });
    await answers.promise;
  });
  socket.destroy();
});

const EMIT_AND_WAIT_LONG = EMIT_AND_WAIT.replace("3000", "15000");

/** So many calls over each of so many sockets, all of which wait or are refused. */
async function waitOverSockets(sockets: number, each: number) {
  const clients = Array.from({ length: sockets }, () => socketTo({ url: hub.url, key }));
  const connected = clients.map((client) => new Promise((go) => client.on("connected", go)));
  const calls = clients.flatMap((client) =>
    Array.from({ length: each }, () => client.iterate({ query: EMIT_AND_WAIT_LONG }).next()),
  );
  const over = Promise.allSettled(calls);
  await Promise.all(connected);
  // One that is answered soon was refused: the places are taken.
  const { value } = await Promise.race(calls);
  expect(value.errors[0].extensions.code).toBe("TOO_MANY_REQUESTS");
  return async () => {
    for (const client of clients) client.terminate();
    await over;
  };
}

/** Whether a call that waits is taken now. */
const statusOfAWait = async () =>
  (await sendTo(hub.url, key, EMIT_AND_WAIT.replace("3000", "1"))).status;
const SOON = { timeout: 60_000 };

test("who has gone waits no more: places of sockets and of requests are free at once", async () => {
  const abort = new AbortController();
  const requests = Promise.allSettled(
    Array.from({ length: 50 }, () => sendTo(hub.url, key, EMIT_AND_WAIT_LONG, {}, abort.signal)),
  );
  const leave = await waitOverSockets(11, 100);
  expect(await statusOfAWait()).toBe(429);
  abort.abort();
  await requests;
  await expect.poll(statusOfAWait, SOON).toBe(200);
  const leaveToo = await waitOverSockets(1, 100);
  await leave();
  await expect.poll(statusOfAWait, SOON).toBe(200);
  await leaveToo();
});
