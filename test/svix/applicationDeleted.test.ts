import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { manyHooks } from "../fixtures/manyHooks.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

async function statusOf(method: string, path: string, body?: object): Promise<number> {
  const response = await fetch(`${hub.url}/api/v1/app${path}`, {
    method,
    headers: { authorization: `Bearer ${hub.key}`, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  await response.text();
  return response.status;
}

const versionOf = async () => {
  const [row] = await hub.db.sql<{ version: number }[]>`
    select max(config_version)::int as version from signalbox.heads`;
  return row?.version ?? 0;
};
const live = async (userId: string) => {
  const [row] = await hub.db.sql<{ n: number }[]>`
    select count(*)::int as n from signalbox.hooks where user_id = ${userId} and status <> 'DELETED'`;
  return row?.n;
};

test("an application is deleted with all its endpoints, a hundred at a time, and their waiting messages are cancelled", async () => {
  await statusOf("POST", "", { name: "Large", uid: "large" });
  await manyHooks(hub, 250, () => ["a"]);
  await hub.db.sql`update signalbox.hooks set user_id = 'large', status = 'PAUSED'`;
  await hub.db.sql`update signalbox.heads set config_version = config_version + 1`;
  expect(await statusOf("POST", "/large/msg", { eventType: "a", payload: {} })).toBe(202);
  const waiting = () => hub.db.sql`select from signalbox.queue`;
  await expect.poll(async () => (await waiting()).length, { timeout: 30_000 }).toBe(250);
  const before = await versionOf();
  expect(await statusOf("DELETE", "/large")).toBe(204);
  expect(await live("large")).toBe(0);
  expect((await versionOf()) - before).toBe(3);
  expect(await statusOf("GET", "/large")).toBe(404);
  await expect.poll(async () => (await waiting()).length, { timeout: 30_000 }).toBe(0);
});

test("an endpoint that is made while its application is deleted is refused, and does not stay", async () => {
  await statusOf("POST", "", { name: "Brief", uid: "brief" });
  let made: Promise<number> | undefined;
  await hub.db.sql.begin(async (tx) => {
    // Registering an endpoint waits for this, after it has found its application.
    await tx`select from signalbox.projects for update`;
    made = statusOf("POST", "/brief/endpoint", { url: "http://127.0.0.1:9/" });
    const waits = async () =>
      (
        await tx`select from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`
      ).length;
    await expect.poll(waits, { timeout: 30_000 }).toBe(1);
    expect(await statusOf("DELETE", "/brief")).toBe(204);
  });
  expect(await made).toBe(404);
  expect(await live("brief")).toBe(0);
});
