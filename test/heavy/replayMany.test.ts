import { randomBytes, randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { removeOldReplays } from "../../src/db/retention/retention.ts";
import { emit, emitMany, register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { hubProcess, installation } from "../fixtures/process.ts";
import { receiver, status } from "../fixtures/receiver.ts";
import {
  begin,
  failed,
  over,
  type Replay,
  replay,
  replayOf,
  subscription,
  timesTried,
} from "../fixtures/replays.ts";
import { overSocket } from "../fixtures/subscription.ts";

const MANY = 5_000;

/** A cursor of this moment. */
async function cursorOf({ db: { sql } }: TestHub): Promise<string> {
  const [row] = await sql`select max(position) as head from signalbox.changes`;
  return Buffer.from(`feed:${row?.head}`).toString("base64url");
}

/** How often each webhook-id came: how many came so often. */
function timesReceived(ids: unknown[]): Record<string, number> {
  const byId = Map.groupBy(ids, (id) => id);
  const byTimes = Map.groupBy(byId.values(), (same) => same.length);
  return Object.fromEntries([...byTimes].map(([times, all]) => [times, all.length]));
}

test("5,000 failed deliveries are opened again exactly once each, while other traffic fails and succeeds, and its progress is streamed", async () => {
  await using target = await receiver();
  await using hub = await testHub();
  const hookId = await failed(hub, target, "past", MANY);
  const originals = target.requests.map(({ headers }) => headers["webhook-id"]);
  target.requests.length = 0;
  // Other traffic: to the same hook, and to one that fails.
  await using bad = await receiver(status(500));
  await register(hub, { url: bad.url, types: ["live"], retries: 0 });
  await hub.db.sql`update signalbox.hooks set types = array['past', 'live'] where id = ${hookId}`;
  await hub.db.sql`update signalbox.heads set config_version = config_version + 1`;
  expect((await replay(hub, { hookId, status: ["FAILED"], dryRun: true })).matched).toBe(MANY);
  const after = await cursorOf(hub);
  const live: string[] = [];
  let isOver = false;
  const traffic = (async () => {
    while (!isOver) {
      live.push(...(await emitMany(hub, Array(10).fill({ type: "live" }))));
      live.push((await emit(hub, { type: "live" })).id);
    }
  })();
  const { id, matched } = await begin(hub, { hookId, status: ["FAILED"] });
  expect(matched).toBe(MANY);
  await using progress = overSocket<{ cursor: string; replay: Replay }>(hub, subscription, {
    id,
    after,
  });
  const ended = await over(hub, id);
  isOver = true;
  await traffic;
  expect(ended).toMatchObject({ status: "DONE", matched: MANY, created: MANY });
  const last = await emit(hub, { type: "past" });
  await expect.poll(() => target.requests.length, { timeout: 60_000 }).toBe(MANY + live.length + 1);
  const received = target.requests.map(({ headers }) => headers["webhook-id"]);
  expect(timesReceived([...originals, ...received])).toEqual({ 1: live.length + 1, 2: MANY });
  expect(new Set(received)).toEqual(new Set([...originals, ...live, last.id]));
  expect(await timesTried(hub, hookId)).toEqual({ 1: live.length + 1, 2: MANY });
  await expect.poll(() => progress.items.length).toBe(MANY / 25 + 1);
  const steps = progress.items.map((item) => item.replay);
  expect(steps.map(({ created }) => created)).toEqual(
    Array.from({ length: MANY / 25 + 1 }, (_, index) => index * 25),
  );
  expect(steps.at(-1)).toEqual(ended);
  expect(
    steps.slice(0, -1).every(({ status, finishedAt }) => status === "RUNNING" && !finishedAt),
  ).toBe(true);
  const open = await hub.db.sql`select count(*)::int as n from signalbox.events e
    where type = 'past' and status <> 'PROCESSED'`;
  expect(open[0]?.n).toBe(0);
});

test("a replay whose process is killed goes on in another, and opens each delivery exactly once", async () => {
  await using target = await receiver();
  const key = randomBytes(32);
  await using hub = await testHub({
    roles: { api: true, worker: false },
    secretKeys: [{ id: "test", key }],
  });
  const site = installation({
    DATABASE_URL: hub.settings.databaseUrl,
    SIGNALBOX_SECRET_KEY: `test:${key.toString("base64")}`,
    SIGNALBOX_ROLES: "worker",
  });
  await using doomed = await hubProcess(site);
  const hookId = await failed(hub, target, "crash", 1_500);
  // Nothing is answered, so that it stands at its first chunks when its process dies.
  target.answer = () => {};
  const { id } = await begin(hub, { hookId });
  const created = async () => (await replayOf(hub, id)).created;
  await expect.poll(created, { timeout: 60_000 }).toBeGreaterThanOrEqual(400);
  doomed.kill("SIGKILL");
  await doomed.exited;
  expect(await replayOf(hub, id)).toMatchObject({ status: "RUNNING" });
  target.answer = status(200);
  await using _heir = await hubProcess(site);
  expect(await over(hub, id)).toMatchObject({ status: "DONE", matched: 1_500, created: 1_500 });
  const [opened] = await hub.db.sql<{ most: number }[]>`
    select max(max_attempts - coalesce(deaths.n, 0))::int as most from signalbox.deliveries d
    left join (select delivery_id, count(*) as n from signalbox.attempts where outcome = 'UNKNOWN' group by 1) deaths
      on deaths.delivery_id = d.id where d.hook_id = ${hookId}`;
  expect(opened).toEqual({ most: 2 });
});

test("a replay whose job is lost is found and goes on", async () => {
  await using target = await receiver();
  await using hub = await testHub();
  const hookId = await failed(hub, target, "lost", 3);
  const { sql } = hub.db;
  const [hook] = await sql<{ projectId: string }[]>`
    select project_id as "projectId" from signalbox.hooks where id = ${hookId}`;
  const projectId = hook?.projectId ?? "";
  const id = randomUUID();
  const deliveries = await sql<{ id: string }[]>`select id from signalbox.deliveries`;
  await sql`insert into signalbox.replays (project_id, id, filter, status, matched)
    values (${projectId}, ${id}, '{"status": ["FAILED"]}', 'RUNNING', 3)`;
  await sql`insert into signalbox.replay_chunks (project_id, replay_id, hook_id, number, delivery_ids)
    values (${projectId}, ${id}, ${hookId}, 0, ${deliveries.map((one) => one.id)}::uuid[])`;
  expect(await over(hub, id)).toMatchObject({ status: "DONE", created: 3 });
});

test("replays that ended go when events of their age do, running ones stay", async () => {
  await using hub = await testHub({ roles: { api: true, worker: false } });
  const { sql } = hub.db;
  await sql`insert into signalbox.replays (project_id, id, filter, status, matched, finished_at)
    select gen_random_uuid(), gen_random_uuid(), '{}', status, days, ended
    from (values ('DONE', 31, now() - interval '31 days'), ('CANCELLED', 29, now() - interval '29 days'),
      ('RUNNING', 40, null)) as r(status, days, ended)`;
  await removeOldReplays(sql, 30);
  const left = await sql<{ matched: number }[]>`select matched from signalbox.replays order by 1`;
  expect(left.map(({ matched }) => matched)).toEqual([29, 40]);
});
