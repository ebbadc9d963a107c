import { expect, test } from "vitest";
import { freshDatabase } from "../fixtures/database.ts";
import { emitAll, registerHook } from "../fixtures/emit.ts";
import { testHub } from "../fixtures/hub.ts";
import { hubProcess, installation } from "../fixtures/process.ts";
import { receiver } from "../fixtures/receiver.ts";

const soon = { timeout: 60_000 };

test("scheduled events survive the death of every process: what fell due meanwhile goes out at once, the rest on time", async () => {
  await using target = await receiver();
  await using database = await freshDatabase();
  const site = installation({ DATABASE_URL: database.url });
  const due = { missed: 0, ahead: 0 };
  {
    await using doomed = await hubProcess(site);
    await doomed.run(
      `mutation ($url: String!) { registerHook(input: { url: $url, types: ["*"] }) { userErrors { message } } }`,
      { url: target.url },
    );
    due.missed = Date.now() + 700;
    due.ahead = Date.now() + 5_000;
    await doomed.run(
      `mutation ($missed: Timestamp, $ahead: Timestamp) {
        a: emitEvent(input: { type: "missed", timestamp: $missed }) { userErrors { message } }
        b: emitEvent(input: { type: "ahead", timestamp: $ahead }) { userErrors { message } } }`,
      due,
    );
    doomed.kill("SIGKILL");
    await doomed.exited;
  }
  await expect.poll(() => Date.now(), soon).toBeGreaterThan(due.missed);
  expect(target.requests).toEqual([]);
  await using _heir = await hubProcess(site);
  await expect.poll(() => target.requests.length, soon).toBe(2);
  const types = target.requests.map(({ body }) => JSON.parse(body).type);
  expect(types).toEqual(["missed", "ahead"]);
  expect(target.requests[1]?.at).toBeGreaterThanOrEqual(due.ahead);
});

test("of two processes one dispatches each event, once and on time", async () => {
  await using target = await receiver();
  await using hub = await testHub();
  await using _other = await testHub(hub.settings);
  await registerHook(hub, { url: target.url, types: ["a"], maxInFlight: 64 });
  const start = Date.now() + 1_000;
  const dueOf = new Map<string, number>();
  for (let batch = 0; batch < 4; batch++) {
    const dues = Array.from({ length: 50 }, (_, n) => start + n * 40 + batch * 10);
    const { events } = await emitAll(
      hub,
      dues.map((timestamp) => ({ type: "a", timestamp })),
    );
    for (const [index, { id }] of events?.entries() ?? []) dueOf.set(id, dues[index] ?? 0);
  }
  await expect.poll(() => target.requests.length, soon).toBe(200);
  const ended = () => hub.db.sql`select from signalbox.events where status = 'PROCESSED'`;
  await expect.poll(async () => (await ended()).length, soon).toBe(200);
  expect(new Set(target.requests.map(({ headers }) => headers["webhook-id"])).size).toBe(200);
  const late = target.requests
    .map(({ at, headers }) => at - (dueOf.get(String(headers["webhook-id"])) ?? 0))
    .sort((a, b) => a - b);
  expect(late[0]).toBeGreaterThanOrEqual(0);
  // Alone on a machine p99 is about 0.2 s (npm run bench); here it would say more of the tests that run beside it.
});
