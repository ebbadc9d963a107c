import { expect, test } from "vitest";
import type { Sql } from "../../src/db/connection/client.ts";
import { recoverClaims, returnClaims } from "../../src/db/delivery/reclaim.ts";
import { claimLimits } from "../../src/domain/delivery/claimLimits.ts";
import { finishDeliveries } from "../../src/domain/delivery/finish.ts";
import { createProjectConfigs } from "../../src/domain/project/projectConfig.ts";
import { newId } from "../../src/util/ids.ts";
import { claimOf } from "../fixtures/claims.ts";
import { freshDatabase } from "../fixtures/database.ts";
import { testHub } from "../fixtures/hub.ts";
import { bootRefused, hubProcess, installation } from "../fixtures/process.ts";
import { testPrograms } from "../fixtures/programs.ts";
import { receiver } from "../fixtures/receiver.ts";

const { quarantineAfter } = claimLimits;
const HOOK = `mutation ($url: String!, $timeoutMs: Int) { registerHook(input: {
  url: $url, types: ["*"], timeoutMs: $timeoutMs, maxInFlight: 4 }) { userErrors { message } } }`;
const EMIT = `mutation { emitEvent(input: { type: "a" }) { event { id } userErrors { message } } }`;
const DELIVERIES = `{ deliveries { nodes { status attemptCount maxAttempts lastError
  attempts { number outcome } event { id status } } } }`;
type Deliveries = {
  deliveries: {
    nodes: {
      status: string;
      attemptCount: number;
      maxAttempts: number;
      attempts: { number: number; outcome: string }[];
      event: { id: string; status: string };
    }[];
  };
};
async function onlyLane(sql: Sql) {
  const [queue] = await sql<{ projectId: string; hookId: string }[]>`
    select project_id as "projectId", id as "hookId" from signalbox.hooks`;
  if (!queue) throw new Error("no hook");
  return queue;
}

const soon = { timeout: 60_000 };

test("what a killed worker had in flight and waiting is delivered by another within seconds, its attempts UNKNOWN", async () => {
  await using target = await receiver();
  await using database = await freshDatabase();
  const site = installation({ DATABASE_URL: database.url });
  await using doomed = await hubProcess(site);
  await using other = await hubProcess(site, { SIGNALBOX_ROLES: "api" });
  await other.run(HOOK, { url: target.url, timeoutMs: 30_000 });
  target.answer = () => {};
  for (let count = 0; count < 10; count++) await other.run(EMIT);
  await expect.poll(() => target.requests.length, soon).toBe(4);
  const inFlight = target.requests.map(({ headers }) => headers["webhook-id"]);
  await using _heir = await hubProcess(site, { SIGNALBOX_ROLES: "worker" });
  target.answer = (_request, response) => response.end();
  doomed.kill("SIGKILL");
  await doomed.exited;
  await expect.poll(() => target.requests.length, soon).toBe(14);
  const again = target.requests.slice(4);
  // Long before the leases run out, after 75 s.
  const ids = again.map(({ headers }) => headers["webhook-id"]);
  expect(new Set(ids).size).toBe(10);
  for (const { headers } of again) {
    expect(headers["signalbox-attempt"]).toBe(inFlight.includes(headers["webhook-id"]) ? "2" : "1");
  }
  const done = async () =>
    (await other.run<Deliveries>(DELIVERIES)).deliveries.nodes.filter(
      ({ status }) => status === "SUCCEEDED",
    );
  await expect.poll(async () => (await done()).length, soon).toBe(10);
  for (const { event, attempts, attemptCount, maxAttempts } of await done()) {
    const isAgain = inFlight.includes(event.id);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(
      isAgain ? ["UNKNOWN", "SUCCESS"] : ["SUCCESS"],
    );
    // The death is not charged to the tries.
    expect(maxAttempts - attemptCount).toBe(3);
    expect(event.status).toBe("PROCESSED");
  }
  const unknown = await other.run(`{ events { nodes { status } } }`);
  expect(JSON.stringify(unknown)).not.toContain("DISPATCHED");
});

test("a delivery that took its process down three times is quarantined, and ends its event", async () => {
  await using hub = await testHub({ roles: { api: true, worker: false } });
  const { sql } = hub.db;
  await hub.run(HOOK, { url: "http://127.0.0.1:9", timeoutMs: 5_000 });
  await hub.run(EMIT);
  const queue = await onlyLane(sql);
  const waits: number[] = [];
  for (let death = 1; death <= 3; death++) {
    await sql`update signalbox.queue set due_at = clock_timestamp()`;
    const worker = newId();
    const { claims } = await claimOf(sql, worker, queue, 1, { isSuspect: death === 3 });
    expect(claims).toHaveLength(1);
    expect(await recoverClaims(sql, { deadWorkers: [worker], quarantineAfter })).toBe(1);
    const [row] =
      await sql`select coalesce(round(extract(epoch from due_at - clock_timestamp())), -1)::int as wait
      from signalbox.deliveries`;
    waits.push(row?.wait);
  }
  // At once, after 10 s, and no more.
  expect(waits).toEqual([0, 10, -1]);
  const [delivery] = (await hub.run<Deliveries>(DELIVERIES)).deliveries.nodes;
  expect(delivery).toMatchObject({
    status: "QUARANTINED",
    attemptCount: 3,
    event: { status: "FAILED" },
  });
  expect(delivery?.attempts.map(({ outcome }) => outcome)).toEqual([
    "UNKNOWN",
    "UNKNOWN",
    "UNKNOWN",
  ]);
  const states =
    await sql`select state->>'status' as status from signalbox.changes where kind = 'DELIVERY' order by position`;
  expect(states.map(({ status }) => status)).toEqual([
    "PENDING",
    "RETRYING",
    "RETRYING",
    "QUARANTINED",
  ]);
});

test("what was in flight at two deaths is claimed by itself, so that one poison takes no other into quarantine", async () => {
  await using hub = await testHub({ roles: { api: true, worker: false } });
  const { sql } = hub.db;
  await hub.run(HOOK, { url: "http://127.0.0.1:9", timeoutMs: 5_000 });
  for (let count = 0; count < 4; count++) await hub.run(EMIT);
  const queue = await onlyLane(sql);
  const claim = async (isSuspect: boolean) => {
    const worker = newId();
    const { claims } = await claimOf(sql, worker, queue, 4, { isSuspect });
    return { worker, count: claims.length };
  };
  for (let death = 1; death <= 2; death++) {
    await sql`update signalbox.queue set due_at = clock_timestamp()`;
    const { worker, count } = await claim(false);
    expect(count).toBe(4);
    expect(await recoverClaims(sql, { deadWorkers: [worker], quarantineAfter })).toBe(4);
  }
  await sql`update signalbox.queue set due_at = clock_timestamp()`;
  await hub.run(EMIT);
  expect((await claim(false)).count).toBe(1);
  const { worker, count } = await claim(true);
  expect(count).toBe(1);
  expect(await recoverClaims(sql, { deadWorkers: [worker], quarantineAfter })).toBe(1);
  const states = await sql`
    select status, count(*)::int from signalbox.deliveries group by 1 order by 1`;
  expect(states.map(({ status, count }) => [status, count])).toEqual([
    ["PENDING", 1],
    ["QUARANTINED", 1],
    ["RETRYING", 3],
  ]);
});

test("a worker that was stopped longer than its lease comes back and changes nothing", async () => {
  await using target = await receiver();
  await using database = await freshDatabase();
  const { sql } = database.db;
  const site = installation({ DATABASE_URL: database.url });
  await using sleeper = await hubProcess(site);
  await using api = await hubProcess(site, { SIGNALBOX_ROLES: "api" });
  // Time to come back in, so that it finds the answer and not that time is over.
  await api.run(HOOK, { url: target.url, timeoutMs: 30_000 });
  let answerFirst = () => {};
  target.answer = (_request, response) => {
    answerFirst = () => response.writeHead(500).end();
  };
  await api.run(EMIT);
  await expect.poll(() => target.requests.length, soon).toBe(1);
  sleeper.kill("SIGSTOP");
  answerFirst();
  target.answer = (_request, response) => response.end();
  await using _heir = await hubProcess(site, { SIGNALBOX_ROLES: "worker" });
  await sql`update signalbox.queue set lease_until = clock_timestamp()`;
  const first = async () => (await api.run<Deliveries>(DELIVERIES)).deliveries.nodes[0];
  await expect.poll(async () => (await first())?.status, soon).toBe("SUCCEEDED");
  sleeper.kill("SIGCONT");
  // What really came of the first attempt replaces UNKNOWN; the delivery stays as the heir left it.
  await expect
    .poll(async () => (await first())?.attempts.map(({ outcome }) => outcome), soon)
    .toEqual(["RESPONSE_ERROR", "SUCCESS"]);
  expect(await first()).toMatchObject({ status: "SUCCEEDED", attemptCount: 2 });
  expect(target.requests).toHaveLength(2);
  await api.run(EMIT);
  await expect.poll(() => target.requests.length, soon).toBe(3);
});

test("a job that nobody was told of is run within seconds", async () => {
  await using hub = await testHub();
  const { sql } = hub.db;
  const jobs = () => sql`select from graphile_worker.jobs`;
  await expect.poll(async () => (await jobs()).length, soon).toBe(0);
  // A look for jobs may come at any moment.
  const made = await sql`
    with task as (
      insert into graphile_worker._private_tasks (identifier) values ('deliver')
      on conflict (identifier) do update set identifier = excluded.identifier returning id)
    insert into graphile_worker._private_jobs (task_id, payload) select id, '{"queues": []}' from task returning id`;
  expect(made).toHaveLength(1);
  await expect.poll(async () => (await jobs()).length, soon).toBe(0);
});

test("more lost claims than one transaction takes are taken back at once", async () => {
  await using hub = await testHub({ roles: { api: true, worker: false } });
  const { sql } = hub.db;
  await hub.run(HOOK, { url: "http://127.0.0.1:9", timeoutMs: 5_000 });
  await hub.run(EMIT);
  await sql`insert into signalbox.queue (project_id, id, event_id, hook_id, format, status, max_attempts, due_at,
      attempt_count, lease_worker, lease_token, lease_until)
    select project_id, gen_random_uuid(), gen_random_uuid(), hook_id, format, status, 4, now(), 1,
      'aaaaaaaa-0000-4000-8000-000000000000', gen_random_uuid(), now() + interval '1 hour'
    from signalbox.deliveries, generate_series(1, 2500)`;
  expect(
    await recoverClaims(sql, {
      deadWorkers: ["aaaaaaaa-0000-4000-8000-000000000000"],
      quarantineAfter,
    }),
  ).toBe(2_500);
});

test("a finish with a token that was taken over moves nothing, and is recorded", async () => {
  await using hub = await testHub({ roles: { api: true, worker: false } });
  const { sql } = hub.db;
  await hub.run(HOOK, { url: "http://127.0.0.1:9", timeoutMs: 5_000 });
  await hub.run(EMIT);
  const queue = await onlyLane(sql);
  const claim = async (worker: string) => (await claimOf(sql, worker, queue, 1)).claims[0];
  const late = await claim("aaaaaaaa-0000-4000-8000-000000000000");
  if (!late) throw new Error("nothing to claim");
  await sql`update signalbox.queue set lease_until = clock_timestamp()`;
  expect(await recoverClaims(sql, { deadWorkers: [], quarantineAfter })).toBe(1);
  const heir = await claim("bbbbbbbb-0000-4000-8000-000000000000");
  const configs = createProjectConfigs(sql);
  const { moved } = await finishDeliveries(sql, configs, testPrograms(sql), queue.projectId, [
    {
      ...queue,
      deliveryId: late.deliveryId,
      eventId: late.eventId,
      token: late.token,
      attempt: {
        number: late.attempt,
        startedAt: late.claimedAt,
        elapsedMs: 1,
        outcome: "SUCCESS",
        statusCode: 200,
        error: null,
        remoteAddress: null,
        requestHeaders: {},
        responseHeaders: null,
        responseBody: null,
        responseTruncated: false,
      },
      status: "SUCCEEDED",
      delayMs: null,
      free: false,
      isOrdered: false,
      call: null,
      ...{ verdict: "SUCCEEDED", holdMs: 0, disables: false, systemEvents: false },
    },
  ]);
  expect(moved).toEqual([]);
  const [row] = await sql`select status, lease_token, attempt_count from signalbox.deliveries`;
  expect(row).toEqual({ status: "RETRYING", lease_token: heir?.token, attempt_count: 2 });
  const attempts = await sql`select number, outcome from signalbox.attempts order by number`;
  expect([...attempts]).toEqual([{ number: 1, outcome: "SUCCESS" }]);
});

test("a claim whose commit nobody heard of is given back, and counts as no try", async () => {
  await using hub = await testHub({ roles: { api: true, worker: false } });
  const { sql } = hub.db;
  await hub.run(HOOK, { url: "http://127.0.0.1:9", timeoutMs: 5_000 });
  for (let count = 0; count < 3; count++) await hub.run(EMIT);
  const queue = await onlyLane(sql);
  const worker = newId();
  const { claims: held } = await claimOf(sql, worker, queue, 1);
  const { claims: unheard } = await claimOf(sql, worker, queue, 1);
  const { projectId } = queue;
  const tokens = [held[0]?.token ?? "", unheard[0]?.token ?? ""] as const;
  await returnClaims(sql, { projectId, hookIds: [queue.hookId], token: tokens[1] });
  const rows = await sql`
    select lease_token, attempt_count, status from signalbox.deliveries order by attempt_count desc`;
  expect([...rows]).toEqual([
    { lease_token: tokens[0], attempt_count: 1, status: "PENDING" },
    { lease_token: null, attempt_count: 0, status: "PENDING" },
    { lease_token: null, attempt_count: 0, status: "PENDING" },
  ]);
});

test("a boot with DATABASE_URL and no secret key, or with a wrong one, refuses in one sentence", async () => {
  await using database = await freshDatabase();
  const { env } = installation({ DATABASE_URL: database.url });
  const { SIGNALBOX_SECRET_KEY: _key, ...keyless } = env;
  const missing = await bootRefused(keyless);
  expect(missing.code).toBe(1);
  expect(missing.output).toMatch(/^SIGNALBOX_SECRET_KEY must be set when DATABASE_URL is: .+\n$/);
  await (await hubProcess({ key: "", env }))[Symbol.asyncDispose]();
  const wrong = await bootRefused(installation({ DATABASE_URL: database.url }).env);
  expect(wrong.code).toBe(1);
  expect(wrong.output).toMatch(/^SIGNALBOX_SECRET_KEY is not the key .+\n$/);
});
