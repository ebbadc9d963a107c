import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Db, openDb, type Pool, type Sql } from "../../src/db/connection/client.ts";
import { claim } from "../../src/db/delivery/claim.ts";
import { type Finish, finish } from "../../src/db/delivery/finish.ts";
import { oldestDueSeconds } from "../../src/db/delivery/reclaim.ts";
import { accept } from "../../src/db/event/accept.ts";
import type { NewDelivery, NewEvent } from "../../src/db/event/newEvent.ts";
import { MOVED_AT_ONCE, moveWaiting } from "../../src/db/hook/moveQueued.ts";
import { lookAround, type Patience } from "../../src/db/queue/lookAround.ts";
import { replaysById, takeChunk } from "../../src/db/replay/replays.ts";
import { claimLimits } from "../../src/domain/delivery/claimLimits.ts";
import { newId } from "../../src/util/ids.ts";
import { registerHook } from "../fixtures/emit.ts";
import { testHub } from "../fixtures/hub.ts";

/** What the statistics were made of: a queue that was empty and is long now (its pages kept, or given back), or one as long. */
const counted = [
  "an empty queue",
  "a vacuumed queue",
  "a queue whose other indexes are small",
  "a full queue",
] as const;
type Counted = (typeof counted)[number];

/** Of each of two hooks so many are due, so many are not yet; there are as many events. */
const ROWS = 15_000;
/** What the functions are given at once. */
const AT_ONCE = 50;
/**
 * Rows and index entries that may be read for each. About ten are: those of the event, the delivery, the hook, its counters
 * and the head, and what is no longer there of each.
 */
const EACH = 25;
/** And beside, whatever the number. */
const ONCE = 500;

type Site = { db: Db; projectId: string; hookIds: string[] } & AsyncDisposable;
const sites = new Map<Counted, Site>();

/** Deliveries that are due, oldest first, and as many that are not. */
const fill = (sql: Sql, projectId: string, hookIds: string[]) => sql`
  insert into signalbox.queue (project_id, id, event_id, hook_id, format, status, max_attempts, due_at)
  select ${projectId}, id, event_id, hook_id, 'CLOUD_EVENT', 'PENDING', 4, now() - n * interval '1 second'
  from (select gen_random_uuid() as id, e.id as event_id, h.id as hook_id, n
    from (select id, row_number() over (order by id) - ${ROWS}::int as n from signalbox.events) e,
      unnest(${hookIds}::uuid[]) as h(id)) x`;

/** A replay with as many chunks of each hook. */
const fillReplay = (sql: Sql, projectId: string, hookIds: string[]) => sql`
  with replay as (
    insert into signalbox.replays (project_id, id, filter, status, matched)
    values (${projectId}, gen_random_uuid(), '{}', 'RUNNING', 1) returning id)
  insert into signalbox.replay_chunks (project_id, replay_id, hook_id, number, delivery_ids)
  select ${projectId}, replay.id, h.id, n, '{}'
  from replay, unnest(${hookIds}::uuid[]) as h(id), generate_series(1, ${ROWS}::int) as n`;

/** A hub's database with a backlog, and no hub. */
async function makeSite(of: Counted): Promise<Site> {
  await using stack = new AsyncDisposableStack();
  const hub = stack.use(await testHub({ roles: { api: true, worker: false } }));
  const { sql } = hub.db;
  const hookIds: string[] = [];
  for (const type of ["a", "b"])
    hookIds.push(await registerHook(hub, { url: "http://127.0.0.1:9", types: [type] }));
  const [project] = await sql<{ id: string }[]>`select id from signalbox.projects`;
  const projectId = project?.id ?? "";
  await sql`
    insert into signalbox.events (project_id, id, type, name, content_type, origin, occurred_at, status, config_version)
    select ${projectId}, gen_random_uuid(), 'a', 'a', 'TEXT', 'API', now(), 'DISPATCHED', 1
    from generate_series(1, ${2 * ROWS}::int)`;
  await fill(sql, projectId, hookIds);
  await fillReplay(sql, projectId, hookIds);
  // The server's own vacuum would come when it likes, on a busy machine between two of these.
  await sql`alter table signalbox.queue set (autovacuum_enabled = off)`;
  if (of !== "a full queue") await sql`delete from signalbox.queue`;
  const isVacuumed = of === "a vacuumed queue" || of === "a queue whose other indexes are small";
  if (isVacuumed) await sql`vacuum signalbox.queue`;
  // What becomes due again and again makes the index by due time the largest.
  if (of === "a queue whose other indexes are small")
    for (const index of ["queue_hook", "queue_once", "queue_project_id_id_pk"])
      await sql.unsafe(`reindex index signalbox.${index}`);
  await sql`analyze`;
  if (of !== "a full queue") await fill(sql, projectId, hookIds);
  // A session that has planned nothing yet, and plans as the hub does.
  const db = stack.use(openDb(hub.settings.databaseUrl, 1));
  const owned = stack.move();
  return { db, projectId, hookIds, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

beforeAll(async () => {
  for (const of of counted) sites.set(of, await makeSite(of));
});
afterAll(async () => {
  for (const site of sites.values()) await site[Symbol.asyncDispose]();
});

/** Rows and index entries that this transaction has read so far, but of what it wrote in the meantime. */
async function readSoFar(sql: Sql): Promise<number> {
  const [row] = await sql<{ read: number }[]>`
    select sum(pg_stat_get_xact_tuples_returned(c.oid) + case when c.relkind in ('r', 'p')
      then pg_stat_get_xact_tuples_fetched(c.oid) else 0 end)::float8 as read
    from pg_class c where c.relnamespace = 'signalbox'::regnamespace and c.relkind in ('r', 'p', 'i', 'I')`;
  return row?.read ?? 0;
}

/** What is read by some work, that is then undone. */
async function readBy(db: Db, work: (sql: Pool) => PromiseLike<unknown>): Promise<number> {
  let read = Number.NaN;
  const undone = new Error("undone");
  await db.sql
    .begin(async (tx) => {
      const before = await readSoFar(tx);
      // The functions take a pool for what they do in one statement.
      await work(
        Object.assign(tx, { begin: (inner: (sql: Sql) => unknown) => inner(tx) }) as never,
      );
      read = (await readSoFar(tx)) - before;
      throw undone;
    })
    .catch((error) => {
      if (error !== undone) throw error;
    });
  return read;
}

const event = (projectId: string): NewEvent => ({
  ...{ projectId, id: newId(), type: "a", typeVersion: null, data: "{}", name: "a", avatar: null },
  ...{ category: null, contentType: "TEXT", content: null, userId: null, subjectType: null },
  ...{ subjectId: null, contextId: null, stepUuid: null, idempotencyKey: null, origin: "API" },
  ...{ uid: null, channels: null, tags: null, changed: null, onlyHookId: null, trace: null },
  ...{ broadcast: null, targetHookId: null },
  ...{ causeId: null, scheduledFor: null, dueAt: null, status: "DISPATCHED", configVersion: 1 },
  occurredAt: null,
});

const delivery = (projectId: string, hookId: string, eventId: string): NewDelivery => ({
  ...{ projectId, id: newId(), eventId, hookId, format: "CLOUD_EVENT", status: "PENDING" },
  maxAttempts: 4,
});

async function acceptSome({ projectId, hookIds }: Site, sql: Pool, count: number) {
  const [head] = await sql<{ version: string }[]>`
    select config_version as version from signalbox.heads where project_id = ${projectId}`;
  const events = Array.from({ length: count }, () => event(projectId));
  const deliveries = events.flatMap(({ id }) =>
    hookIds.map((hookId) => delivery(projectId, hookId, id)),
  );
  const leaseMs = new Map(deliveries.map(({ id }) => [id, 60_000]));
  await accept(sql, {
    ...{ projectId, version: Number(head?.version), events, deliveries },
    handOver: { workerId: newId(), token: randomUUID(), leaseMs, refuse: () => {} },
  });
}

const claimSome = ({ projectId, hookIds }: Site, sql: Pool, take: number, isSuspect = false) =>
  claim(sql, {
    ...{
      projectId,
      workerId: newId(),
      token: randomUUID(),
      isSuspect,
      isSettled: false,
      leaseMarginMs: claimLimits.leaseMarginMs,
      workers: 1,
    },
    requests: hookIds.map((hookId) => ({ hookId, take, inFlight: 0, place: 0 })),
  });

async function finishSome(site: Site, sql: Pool, take: number, status: Finish["status"]) {
  const { claims } = await claimSome(site, sql, take);
  expect(claims.length).toBeGreaterThan(0);
  const { moved } = await finish(
    sql,
    site.projectId,
    claims.map((one) => ({
      ...one,
      attempt: {
        ...{ number: 1, startedAt: new Date(), elapsedMs: 1, outcome: "SUCCESS", statusCode: 200 },
        ...{ error: null, remoteAddress: null, requestHeaders: {}, responseHeaders: null },
        ...{ responseBody: null, responseTruncated: false },
      },
      ...{ status, delayMs: status === "RETRYING" ? 1_000 : null, free: false, call: null },
      ...{ verdict: "FAILED", holdMs: 0, disables: false, systemEvents: false },
    })),
  );
  expect(moved).toHaveLength(claims.length);
}

const move = (site: Site, sql: Pool, status: "PAUSED" | "DELETED") =>
  moveWaiting(sql as never, { projectId: site.projectId, id: site.hookIds[0] ?? "" }, status);

/** The next chunk of a replay, for hooks with room for so many deliveries. */
async function takeOne({ projectId }: Site, sql: Pool, room: number) {
  const [row] = await sql<{ id: string }[]>`select id from signalbox.replays`;
  const [replay] = await replaysById(sql, projectId, [row?.id ?? ""]);
  if (!replay) throw new Error("there is no replay");
  expect((await takeChunk(sql as never, replay, room))?.ids).toEqual(room > 0 ? [] : undefined);
}

/** Nothing is so late, so that all that might be is looked at. */
const patience = Object.fromEntries(
  ["queues", "events", "handshakes", "presses", "replays", "runs"].map((kind) => [
    kind,
    86_400_000,
  ]),
) as Patience;

const works: [string, (site: Site, sql: Pool) => PromiseLike<unknown>, number][] = [
  ["accept of one", (site, sql) => acceptSome(site, sql, 1), 2],
  ["accept of many", (site, sql) => acceptSome(site, sql, AT_ONCE), 2 * AT_ONCE],
  ["a claim", (site, sql) => claimSome(site, sql, 16), 32],
  ["a claim of what has brought processes down", (site, sql) => claimSome(site, sql, 16, true), 32],
  ["a finish that ends them", (site, sql) => finishSome(site, sql, 16, "SUCCEEDED"), 64],
  ["a pause", (site, sql) => move(site, sql, "PAUSED"), MOVED_AT_ONCE],
  ["a deletion", (site, sql) => move(site, sql, "DELETED"), MOVED_AT_ONCE],
  ["a replay's next chunk", (site, sql) => takeOne(site, sql, 400), 1],
  ["a replay whose hooks have no room", (site, sql) => takeOne(site, sql, 0), 1],
  ["a look for overdue work", (_site, sql) => lookAround(sql, patience), 1],
  ["a look for what has waited longest", (_site, sql) => oldestDueSeconds(sql), 1],
  ["a finish that has them retried", (site, sql) => finishSome(site, sql, 16, "RETRYING"), 64],
];

describe.each(counted)("with statistics of %s", (of) => {
  test.each(works)("%s reads a few rows for each, however many wait", async (_name, work, each) => {
    const site = sites.get(of);
    if (!site) throw new Error("there is no database");
    expect(await readBy(site.db, (sql) => work(site, sql))).toBeLessThan(ONCE + EACH * each);
  });
});
