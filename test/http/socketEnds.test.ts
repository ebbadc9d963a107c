import { expect, test } from "vitest";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { openSocket } from "../fixtures/socket.ts";
import { following } from "../fixtures/subscription.ts";

const watch = "subscription { eventEmitted { event { type } } }";
const viewer = "{ viewer { keyName } }";

test("1,000 subscriptions of one id, each completed at once, leave none; the next has its events", async () => {
  await using hub = await testHub();
  await using other = await openSocket(hub.url, hub.key);
  other.subscribe("other", watch);
  await following(hub.url, 1);
  await using socket = await openSocket(hub.url, hub.key);
  for (let count = 0; count < 1_000; count++) {
    socket.subscribe("same", watch);
    socket.send({ id: "same", type: "complete" });
  }
  socket.subscribe("same", watch);
  socket.send({ type: "ping" });
  // Messages are heard in order: now all have been.
  await expect
    .poll(() => socket.messages.at(-1), { timeout: 20_000 })
    .toMatchObject({ type: "pong" });
  await following(hub.url, 2);
  await hub.run(`mutation { emitEvent(input: { type: "after" }) { event { id } } }`);
  await expect.poll(() => socket.got("same"), { timeout: 10_000 }).toHaveLength(1);
  expect(socket.got("same")).toEqual([
    { id: "same", type: "next", payload: { data: { eventEmitted: { event: { type: "after" } } } } },
  ]);
  socket.socket.close();
  await following(hub.url, 1);
});

async function newKey(hub: TestHub) {
  const { createApiKey } = await hub.run<{ createApiKey: { key: string; apiKey: { id: string } } }>(
    `mutation { createApiKey(input: { name: "k", role: ADMIN }) { key apiKey { id } } }`,
  );
  return { key: createApiKey.key, id: createApiKey.apiKey.id };
}
const revoke = "mutation ($id: ID!) { revokeApiKey(id: $id) { userErrors { message } } }";

test("a socket does nothing more from the moment its key is revoked, waiting operations included", async () => {
  await using hub = await testHub();
  const { id, key } = await newKey(hub);
  const { registerHook } = await hub.run<{ registerHook: { hook: { id: string } } }>(
    `mutation { registerHook(input: { url: "http://127.0.0.1:1", types: ["a"] }) { hook { id } } }`,
  );
  await hub.run("mutation ($id: ID!) { pauseHook(id: $id) { userErrors { message } } }", {
    id: registerHook.hook.id,
  });
  await using socket = await openSocket(hub.url, key);
  socket.subscribe(
    "waiting",
    'mutation { emitEvent(input: { type: "a", waitMs: 15000 }) { event { id } } }',
  );
  await expect.poll(async () => (await hub.db.sql`select from signalbox.events`).length).toBe(1);
  await hub.run(revoke, { id });
  for (let n = 0; n < 10; n++) socket.subscribe(`late${n}`, viewer);
  expect(await socket.closed).toEqual({ code: 4403, reason: "revoked" });
  expect(socket.messages).toEqual([{ type: "connection_ack" }]);
});

test("a key that another process revoked is known to be so on its sockets as soon as by HTTP", async () => {
  await using hub = await testHub();
  const { id, key } = await newKey(hub);
  await using socket = await openSocket(hub.url, key);
  await hub.db.sql`update signalbox.api_keys set revoked_at = now() where id = ${id}`;
  await expect
    .poll(async () => (await hub.send(viewer, {}, key)).status, { interval: 10 })
    .toBe(401);
  socket.subscribe("late", viewer);
  expect((await socket.closed).code).toBe(4403);
  expect(socket.got("late")).toEqual([]);
});
