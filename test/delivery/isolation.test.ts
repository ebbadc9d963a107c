import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { addJobs, deliverJobs } from "../../src/db/queue/jobs.ts";
import { createHookQueues } from "../../src/worker/delivery/hookQueues.ts";
import { createIsolation } from "../../src/worker/delivery/isolation.ts";
import { emit, emitMany, register } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";

const soon = { timeout: 60_000 };

function oneLane() {
  const queues = createHookQueues(
    () => {},
    () => 16,
    () => {},
  );
  queues.enqueue([{ projectId: "p", hookId: "h" }]);
  const [turn] = queues.next();
  if (!turn) throw new Error("no turn");
  return turn.queue;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("while a suspect is due nothing else is claimed, and it is when nothing is in flight", () => {
  const isolation = createIsolation();
  expect(isolation.permit(false)).toEqual({ isAlone: false });
  const queue = oneLane();
  expect(isolation.saw(queue)).toBe(0);
  expect(isolation.permit(false)).toBe(null);
  expect(isolation.permit(true)).toEqual({ isAlone: true, queues: new Set([queue]) });
  expect(isolation.permit(true)).toBe(null);
  isolation.over(true);
  expect(isolation.permit(false)).toEqual({ isAlone: false });
  expect(isolation.saw(queue)).toBe(0);
});

test("a suspect that is not to be had is looked for again a second later", () => {
  const isolation = createIsolation();
  const queue = oneLane();
  isolation.saw(queue);
  isolation.permit(true);
  isolation.over(false);
  vi.advanceTimersByTime(400);
  expect(isolation.saw(queue)).toBe(600);
  expect(isolation.permit(false)).toEqual({ isAlone: false });
  vi.advanceTimersByTime(600);
  expect(isolation.saw(queue)).toBe(0);
});

test("what two processes have died of is sent with nothing beside it, and all the rest still flows", async () => {
  vi.useRealTimers();
  await using hub = await testHub();
  const open: boolean[] = [];
  let together = 0;
  await using target = await receiver(({ path }, response) => {
    const isSuspect = path === "/suspect";
    if (isSuspect ? open.length > 0 : open.includes(true)) together++;
    open.push(isSuspect);
    setTimeout(() => {
      open.splice(open.indexOf(isSuspect), 1);
      response.end();
    }, 50);
  });
  // With a rate, for what has one is claimed, and never handed over as it is accepted.
  const suspects = await register(hub, {
    ...{ url: `${target.url}/suspect`, types: ["s"], rateLimitPerSecond: 1_000 },
  });
  await register(hub, { url: `${target.url}/other`, types: ["o"] });
  await hub.db.sql`
    create function public.suspect() returns trigger language plpgsql as $$ begin new.unknown_count := 2; return new; end $$`;
  await hub.db.sql.unsafe(`
    create trigger suspect before insert on signalbox.queue for each row
    when (new.hook_id = '${suspects.id}') execute function public.suspect()`);
  const other = () =>
    emitMany(
      hub,
      Array.from({ length: 40 }, () => ({ type: "o" })),
    );
  await other();
  await emitMany(hub, [{ type: "s" }, { type: "s" }, { type: "s" }]);
  await other();
  await expect.poll(() => target.requests.length, soon).toBe(83);
  expect(together).toBe(0);
});

test("a suspect waits for what this process has begun to accept, and sends itself", async () => {
  vi.useRealTimers();
  await using hub = await testHub();
  const { sql } = hub.db;
  let open = 0;
  let together = 0;
  await using target = await receiver((_request, response) => {
    if (++open > 1) together++;
    const isFirst = target.requests.length === 1;
    setTimeout(
      () => {
        open--;
        response.writeHead(isFirst ? 500 : 200).end();
      },
      isFirst ? 0 : 300,
    );
  });
  const input = { url: target.url, retryScheduleMs: [3_600_000] };
  const { id: hookId } = await register(hub, { ...input, types: ["s"] });
  await register(hub, { ...input, types: ["o"] });
  const suspect = await emit(hub, { type: "s", waitMs: 0 });
  const waiting = () =>
    sql`select from signalbox.queue where event_id = ${suspect.id} and due_at > now()`;
  await expect.poll(async () => (await waiting()).length, soon).toBe(1);
  // From now on it is known by what it is sent.
  await emit(hub, { type: "o" });
  let emitting: Promise<unknown> | undefined;
  await sql.begin(async (tx) => {
    const [holder] = await tx`
      select project_id as "projectId", pg_backend_pid() as pid from signalbox.heads for update`;
    emitting = emit(hub, { type: "o" });
    const blocked = () =>
      sql`select from pg_stat_activity where ${holder?.pid} = any(pg_blocking_pids(pid))`;
    await expect.poll(async () => (await blocked()).length, soon).toBe(1);
    await sql`update signalbox.queue set unknown_count = 2, due_at = now() where event_id = ${suspect.id}`;
    await addJobs(sql, deliverJobs([{ projectId: holder?.projectId, hookId }]));
    const jobs = () => sql`select from graphile_worker.jobs where task_identifier = 'deliver'`;
    await expect.poll(async () => (await jobs()).length, soon).toBe(0);
    // Whoever saw it by now has had time to send it.
    for (let round = 0; round < 5; round++) await hub.run("{ viewer { key { name } } }");
  });
  await emitting;
  await expect.poll(() => target.requests.length, soon).toBe(4);
  expect(target.requests[3]?.headers["webhook-id"]).toBe(suspect.id);
  expect(together).toBe(0);
});
