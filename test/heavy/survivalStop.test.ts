import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { createProjectConfigs } from "../../src/domain/project/projectConfig.ts";
import { createSecretBox } from "../../src/domain/project/secretBox.ts";
import { createLogger } from "../../src/log.ts";
import { createGuard } from "../../src/outbound/address/addressGuard.ts";
import { createResolver } from "../../src/outbound/address/resolver.ts";
import { createPoster } from "../../src/outbound/call/post.ts";
import { newId } from "../../src/util/ids.ts";
import { createDeliverer } from "../../src/worker/delivery/deliverer.ts";
import { createPeers } from "../../src/worker/delivery/peers.ts";
import { emptyDatabase, freshDatabase } from "../fixtures/database.ts";
import { sendTo, testHub } from "../fixtures/hub.ts";
import { hubProcess, installation } from "../fixtures/process.ts";
import { testPrograms } from "../fixtures/programs.ts";
import { receiver } from "../fixtures/receiver.ts";

const HOOK = `mutation ($url: String!, $timeoutMs: Int) { registerHook(input: {
  url: $url, types: ["*"], timeoutMs: $timeoutMs, maxInFlight: 64 }) { userErrors { message } } }`;
const EMIT = `mutation { emitEvent(input: { type: "a" }) { event { id } userErrors { message } } }`;
const soon = { timeout: 60_000 };

test("SIGTERM under load ends with 0, leaves no job locked, loses nothing and sends nothing twice", async () => {
  await using target = await receiver();
  await using database = await freshDatabase();
  const { sql } = database.db;
  const site = installation({ DATABASE_URL: database.url });
  await using leaving = await hubProcess(site);
  await using staying = await hubProcess(site);
  await staying.run(HOOK, { url: target.url, timeoutMs: 10_000 });
  target.answer = (_request, response) => setTimeout(() => response.end(), 300);
  const accepted: string[] = [];
  let isOver = false;
  async function emitter(number: number) {
    for (let turn = number; !isOver; turn++) {
      const hub = turn % 2 === 0 ? leaving : staying;
      const answer = await sendTo<{ emitEvent: { event: { id: string } } }>(
        hub.url,
        site.key,
        EMIT,
      ).catch(() => null);
      if (answer?.data) accepted.push(answer.data.emitEvent.event.id);
    }
  }
  const emitters = Promise.all([emitter(0), emitter(1), emitter(2)]);
  await expect.poll(() => target.requests.length, soon).toBeGreaterThan(20);
  leaving.kill("SIGTERM");
  expect(await leaving.exited).toEqual({ code: 0, signal: null });
  isOver = true;
  await emitters;
  const locked =
    await sql`select locked_by from graphile_worker._private_jobs where locked_by is not null`;
  const living = await sql`select pool_id from signalbox.workers`;
  expect(living).toHaveLength(1);
  for (const { locked_by } of locked) expect(locked_by).toBe(living[0]?.pool_id);
  const ids = () => target.requests.map(({ headers }) => headers["webhook-id"]);
  await expect.poll(() => new Set(ids()).size, { timeout: 60_000 }).toBe(accepted.length);
  expect(new Set(ids())).toEqual(new Set(accepted));
  expect(ids()).toHaveLength(accepted.length);
  expect(leaving.output).not.toMatch(/"level":"(error|fatal)"/);
});

test("an attempt that a stop had to break off is due again at once, and not charged", async () => {
  await using target = await receiver(() => {});
  const secretKeys = [{ id: "test", key: randomBytes(32) }];
  await using hub = await testHub({ roles: { api: true, worker: false }, secretKeys });
  const { sql } = hub.db;
  await hub.run(HOOK, { url: target.url, timeoutMs: 60_000 });
  await hub.run(EMIT);
  const queues = await sql<{ projectId: string; hookId: string }[]>`
    select project_id as "projectId", id as "hookId" from signalbox.hooks`;
  const guard = createGuard({ allow: ["127.0.0.0/8"], deny: [] });
  await using poster = createPoster({
    guard,
    resolver: createResolver(),
    userAgent: "signalbox/test",
    requireHttps: false,
  });
  const workerId = newId();
  const deliverer = createDeliverer({
    sql,
    configs: createProjectConfigs(sql),
    programs: testPrograms(sql),
    workerId,
    peers: createPeers(workerId),
    caller: poster,
    box: createSecretBox(secretKeys),
    origin: () => "127.0.0.1",
    log: createLogger("silent"),
    onAttempt: () => {},
    onDelivered: () => {},
    onFinished: () => {},
    onNext: () => {},
    onSteps: () => {},
    askPeers: () => {},
  });
  deliverer.wake(queues);
  await expect.poll(() => target.requests.length, soon).toBe(1);
  await deliverer.stop(50);
  const { deliveries } = await hub.run<{ deliveries: { nodes: { nextAttemptAt: string }[] } }>(
    "{ deliveries { nodes { status attemptCount maxAttempts nextAttemptAt attempts { outcome } } } }",
  );
  const [delivery] = deliveries.nodes;
  expect(delivery).toMatchObject({
    status: "RETRYING",
    attemptCount: 1,
    maxAttempts: 5,
    attempts: [{ outcome: "UNKNOWN" }],
  });
  expect(Date.parse(delivery?.nextAttemptAt ?? "")).toBeLessThanOrEqual(Date.now() + 1_000);
});

test("two hubs that start at once on an empty database agree on one project and both work", async () => {
  await using target = await receiver();
  await using database = await emptyDatabase();
  const site = installation({ DATABASE_URL: database.url });
  const [first, second] = await Promise.all([hubProcess(site), hubProcess(site)]);
  await using _first = first;
  await using _second = second;
  await first.run(HOOK, { url: target.url });
  await second.run(EMIT);
  await expect.poll(() => target.requests.length, soon).toBe(1);
  expect(await database.db.sql`select id from signalbox.projects`).toHaveLength(1);
});

test("a process of the worker role alone does the api's work and serves only its health", async () => {
  await using target = await receiver();
  await using database = await freshDatabase();
  const site = installation({ DATABASE_URL: database.url });
  await using api = await hubProcess(site, { SIGNALBOX_ROLES: "api" });
  await api.run(HOOK, { url: target.url });
  await api.run(EMIT);
  await using worker = await hubProcess(site, { SIGNALBOX_ROLES: "worker" });
  await expect.poll(() => target.requests.length, soon).toBe(1);
  for (const path of ["/healthz", "/readyz", "/metrics"]) {
    expect((await fetch(worker.url + path)).status, path).toBe(200);
  }
  expect(await worker.metric("signalbox_attempt_duration_seconds_count")).toBe(1);
  expect(await api.metric("signalbox_attempt_duration_seconds_count")).toBe(0);
  expect((await fetch(worker.url)).status).toBe(404);
  const refused = await fetch(`${worker.url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${site.key}`, "content-type": "application/json" },
    body: JSON.stringify({ query: "{ viewer { key { name } } }" }),
  });
  expect(refused.status).toBe(404);
});
