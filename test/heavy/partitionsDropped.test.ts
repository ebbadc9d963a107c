import { expect, test } from "vitest";
import { openDb, type Sql } from "../../src/db/connection/client.ts";
import { newId } from "../../src/util/ids.ts";
import { verify } from "../../src/verify/run.ts";
import { removeExpired } from "../../src/worker/job/retention.ts";
import { press } from "../fixtures/actions.ts";
import { accepted, registerHook } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import {
  agedDatabase,
  ageEvent,
  idOfAge,
  partitionOf,
  RETENTION_DAYS,
  refuseDeletes,
} from "../fixtures/partitions.ts";
import { receiver } from "../fixtures/receiver.ts";

const AGE = RETENTION_DAYS + 2;
const soon = { timeout: 60_000 };

/** A hub whose tables have partitions for past days. */
async function agedHub() {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await agedDatabase(12));
  const target = stack.use(await receiver());
  const hub = stack.use(
    await testHub({ databaseUrl: database.url, retentionDays: RETENTION_DAYS }),
  );
  const owned = stack.move();
  return { hub, target, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const exists = async (sql: Sql, name: string) =>
  (await sql`select from pg_class where relname = ${name}`).length > 0;

const ended = async (hub: TestHub) =>
  accepted<{ id: string; status: string }>(hub, { type: "a", waitMs: 10_000 });

const count = async (sql: Sql, table: string) =>
  Number((await sql`select count(*) from ${sql(`signalbox.${table}`)}`)[0]?.count);

const everything = { projectId: null, since: null, until: null };

test("rows past retention go with their partition, and none is deleted by itself", async () => {
  await using site = await agedHub();
  const { hub, target } = site;
  const { sql } = hub.db;
  await registerHook(hub, { url: target.url, types: ["*"] });
  const actions = [{ url: target.url, buttonText: "Ban", key: "ban" }];
  const {
    id,
    actions: [action],
  } = await accepted<{ id: string; actions: { id: string }[] }>(
    hub,
    { type: "a", actions, waitMs: 10_000 },
    "id actions { id }",
  );
  await press(hub, action?.id ?? "");
  const old = await ageEvent(sql, (await ended(hub)).id, AGE);
  const kept = await ageEvent(sql, (await ended(hub)).id, RETENTION_DAYS - 1);
  await ageEvent(sql, id, AGE);
  const partition = await partitionOf(sql, "events", "id", old);
  expect(partition).toMatch(/^events_\d{8}$/);
  const keptIn = await partitionOf(sql, "events", "id", kept);
  await sql`delete from signalbox.earlier_attempts where delivery_id in (select id from signalbox.presses)`;
  await refuseDeletes(sql);
  expect(await removeExpired(hub.db, RETENTION_DAYS)).toBe(true);
  const suffix = partition.slice("events".length);
  for (const table of ["events", "ended_deliveries", "earlier_attempts"])
    expect([table, await exists(sql, `${table}${suffix}`)]).toEqual([table, false]);
  const left = await sql`select id from signalbox.events`;
  expect(left.map((row) => row.id)).toEqual([kept]);
  expect(await partitionOf(sql, "events", "id", kept)).toBe(keptIn);
  for (const [table, rows] of Object.entries({
    deliveries: 1,
    attempts: 1,
    actions: 0,
    presses: 0,
  }))
    expect([table, await count(sql, table)]).toEqual([table, rows]);
  // Again there is nothing to do.
  expect(await removeExpired(hub.db, RETENTION_DAYS)).toBe(true);
  expect(await count(sql, "events")).toBe(1);
});

test("events that have not ended are kept when their partition is dropped, are delivered and fire, and go once they ended", async () => {
  await using site = await agedHub();
  const { hub, target } = site;
  const { sql } = hub.db;
  const hookId = await registerHook(hub, { url: target.url, types: ["*"] });
  const done = await ageEvent(sql, (await ended(hub)).id, AGE);
  await hub.run("mutation ($id: ID!) { pauseHook(id: $id) { userErrors { message } } }", {
    id: hookId,
  });
  const parked = await ageEvent(sql, (await accepted(hub, { type: "a" })).id, AGE);
  const later = new Date(Date.now() + 3_600_000).toISOString();
  const scheduled = await ageEvent(
    sql,
    (await accepted(hub, { type: "a", timestamp: later })).id,
    AGE,
  );
  const partition = await partitionOf(sql, "events", "id", done);
  const received = target.requests.length;
  expect(await removeExpired(hub.db, RETENTION_DAYS)).toBe(true);
  expect(await exists(sql, partition)).toBe(false);
  const left = await sql`select id from signalbox.events order by id`;
  expect(left.map((row) => row.id).sort()).toEqual([parked, scheduled].sort());
  expect(await partitionOf(sql, "events", "id", parked)).toMatch(/^events_until_\d{8}$/);
  await hub.run("mutation ($id: ID!) { resumeHook(id: $id) { userErrors { message } } }", {
    id: hookId,
  });
  await sql`update signalbox.events set due_at = now(), scheduled_for = now() where id = ${scheduled}`;
  await expect.poll(() => target.requests.length, soon).toBe(received + 2);
  const open = async () =>
    (await sql`select from signalbox.events where status not in ('PROCESSED')`).length;
  await expect.poll(open, soon).toBe(0);
  const endedIn = await partitionOf(sql, "ended_deliveries", "event_id", parked);
  expect(endedIn).toMatch(/^ended_deliveries_until_\d{8}$/);
  expect(await removeExpired(hub.db, RETENTION_DAYS)).toBe(true);
  // That one was due today.
  expect((await sql`select id from signalbox.events`).map((row) => row.id)).toEqual([scheduled]);
  expect([await count(sql, "deliveries"), await count(sql, "attempts")]).toEqual([1, 1]);
});

test("an event that is reopened while its partition is copied is kept with all its deliveries", async () => {
  await using site = await agedHub();
  const { hub, target } = site;
  const { sql } = hub.db;
  await registerHook(hub, { url: target.url, types: ["*"] });
  const old = await ageEvent(sql, (await ended(hub)).id, AGE);
  const gone = await ageEvent(sql, (await ended(hub)).id, AGE);
  await using other = openDb(hub.settings.databaseUrl, 1);
  const copied = async () =>
    (
      await sql`select from pg_class where relkind = 'r' and relname ~ '^events_until_' and reltuples >= 0`
    ).length;
  let removed: Promise<boolean> | undefined;
  await other.sql.begin(async (tx) => {
    // So that deliveries are copied after this, and events before.
    await tx`set local idle_in_transaction_session_timeout = 0`;
    await tx`lock table signalbox.ended_deliveries in share row exclusive mode`;
    removed = removeExpired(hub.db, RETENTION_DAYS);
    await expect.poll(copied, { timeout: 60_000, interval: 5 }).toBe(1);
    await tx`update signalbox.events set status = 'DISPATCHED' where id = ${old}`;
    await tx`insert into signalbox.queue (project_id, id, event_id, hook_id, format, status, max_attempts, replay_of, replay_number)
      select project_id, ${newId()}, event_id, hook_id, format, 'PARKED', max_attempts, id, 1
      from signalbox.deliveries where event_id = ${old}`;
  });
  expect(await removed).toBe(true);
  const left =
    await sql`select e.id, e.status, (select count(*)::int from signalbox.deliveries d where d.event_id = e.id) as n
    from signalbox.events e`;
  expect([...left]).toEqual([{ id: old, status: "DISPATCHED", n: 2 }]);
  expect(await partitionOf(sql, "ended_deliveries", "event_id", gone)).toBe("none");
});

test("emits go on while partitions are dropped, and none waits", async () => {
  await using site = await agedHub();
  const { hub, target } = site;
  const { sql } = hub.db;
  await registerHook(hub, { url: target.url, types: ["*"] });
  for (let day = 8; day > 5; day--) await ageEvent(sql, (await ended(hub)).id, day);
  let emitted = 0;
  let isRemoving = false;
  let meanwhile = 0;
  let isDone = false;
  const emitting = Promise.all(
    Array.from({ length: 8 }, async () => {
      while (!isDone) {
        await accepted(hub, { type: "a" });
        emitted += 1;
        if (isRemoving) meanwhile += 1;
      }
    }),
  );
  await expect.poll(() => emitted, soon).toBeGreaterThan(50);
  isRemoving = true;
  const removing = removeExpired(hub.db, RETENTION_DAYS);
  removing.finally(() => {
    isDone = true;
  });
  expect(await removing).toBe(true);
  await emitting;
  expect(await exists(sql, "events_first")).toBe(false);
  // Each of the 8 has gone on while it lasted.
  expect(meanwhile).toBeGreaterThan(16);
  await expect.poll(() => target.requests.length, { timeout: 60_000 }).toBe(emitted + 3);
  const open = async () =>
    (await sql`select from signalbox.events where status <> 'PROCESSED'`).length;
  await expect.poll(open, soon).toBe(0);
  expect(await count(sql, "events")).toBe(emitted);
});

test("a transaction that stays open keeps what is old, and holds nobody else up", async () => {
  await using site = await agedHub();
  const { hub } = site;
  const { sql } = hub.db;
  const old = await ageEvent(sql, (await ended(hub)).id, AGE);
  const partition = await partitionOf(sql, "events", "id", old);
  await using other = openDb(hub.settings.databaseUrl, 1);
  await other.sql.begin(async (tx) => {
    await tx`set local idle_in_transaction_session_timeout = 0`;
    await tx`select from signalbox.deliveries, signalbox.events`;
    const removed = removeExpired(hub.db, RETENTION_DAYS);
    await accepted(hub, { type: "a" });
    expect(await removed).toBe(false);
  });
  expect(await exists(sql, partition)).toBe(true);
  expect(await removeExpired(hub.db, RETENTION_DAYS)).toBe(true);
  expect(await exists(sql, partition)).toBe(false);
  expect(await partitionOf(sql, "events", "id", old)).toBe("none");
});

test("the attempts of what stays stay, and a late retry's go with its old event", async () => {
  await using site = await agedHub();
  const { hub, target } = site;
  const { sql } = hub.db;
  await registerHook(hub, { url: target.url, types: ["*"] });
  const old = await ageEvent(sql, (await ended(hub)).id, AGE);
  const [first] = await sql`select id from signalbox.deliveries where event_id = ${old}`;
  await hub.run("mutation ($id: ID!) { retryDelivery(id: $id) { userErrors { message } } }", {
    id: first?.id,
  });
  const tried = async () => count(sql, "attempts");
  await expect.poll(tried, soon).toBe(2);
  // As if it had been tried twice: the first attempt has the time of the retry, and not of the event.
  const retried =
    await sql`update signalbox.ended_deliveries set attempt_count = 2 where replay_of = ${first?.id} returning id`;
  await sql`insert into signalbox.earlier_attempts (project_id, delivery_id, number, started_at, elapsed_ms, outcome, request_headers)
    select project_id, id, 1, now(), 1, 'RESPONSE_ERROR', '{}' from signalbox.ended_deliveries where replay_of = ${first?.id}`;
  const laterIn = await partitionOf(sql, "earlier_attempts", "delivery_id", retried[0]?.id);
  expect(laterIn).not.toBe("none");
  const status = async () =>
    (await sql`select status from signalbox.events where id = ${old}`)[0]?.status;
  await expect.poll(status, soon).toBe("PROCESSED");
  const staying = await ageEvent(sql, (await ended(hub)).id, AGE);
  await sql`update signalbox.events set status = 'DISPATCHED' where id = ${staying}`;
  expect(await removeExpired(hub.db, RETENTION_DAYS)).toBe(true);
  const left =
    await sql`select d.event_id as id from signalbox.attempts t join signalbox.deliveries d on d.id = t.delivery_id`;
  expect([...left]).toEqual([{ id: staying }]);
  expect(await tried()).toBe(1);
  expect([await exists(sql, laterIn), await count(sql, "earlier_attempts")]).toEqual([true, 0]);
});

test("the feed continues in its next partition, and an old one is dropped once all of it is before the horizon", async () => {
  await using site = await agedHub();
  const { hub } = site;
  const { sql } = hub.db;
  await ended(hub);
  await sql`update signalbox.feed set at = now() - interval '3 days'`;
  await removeExpired(hub.db, RETENTION_DAYS);
  await ended(hub);
  const partitions = async () =>
    (
      await sql<{ name: string }[]>`
        select c.relname as name from signalbox.feed t join pg_class c on c.oid = t.tableoid group by 1 order by min(t.last)`
    ).map(({ name }) => name);
  const [old = "", now = "", ...more] = await partitions();
  expect([old === now, more]).toEqual([false, []]);
  const [last] =
    await sql`select max(last) as position from signalbox.feed where at < now() - interval '2 days'`;
  const [kept] =
    await sql`select count(*)::int as n from signalbox.changes where at > now() - interval '1 day'`;
  await refuseDeletes(sql);
  expect(await removeExpired(hub.db, 2)).toBe(true);
  expect(await partitions()).toEqual([now]);
  expect(await exists(sql, old)).toBe(false);
  expect(await count(sql, "changes")).toBe(kept?.n);
  const heads = await sql`select horizon, head - horizon as left from signalbox.heads`;
  expect([...heads]).toEqual([{ horizon: last?.position, left: String(kept?.n) }]);
  expect((await verify(sql, everything)).differences).toEqual([]);
});

test("what an interrupted try has left behind is taken away by the next", async () => {
  await using site = await agedHub();
  const { hub } = site;
  const { sql } = hub.db;
  const old = await ageEvent(sql, (await ended(hub)).id, AGE);
  const partition = await partitionOf(sql, "events", "id", old);
  await sql`create unlogged table signalbox.partition_moves (key uuid not null)`;
  await sql`create table signalbox.events_until_20200101 (like signalbox.events)`;
  await sql.unsafe(`create trigger partition_moves after insert or update or delete on signalbox.${partition}
    for each row execute function signalbox.note_event_move()`);
  await sql`update signalbox.events set name = 'b' where id = ${old}`;
  expect(await removeExpired(hub.db, RETENTION_DAYS)).toBe(true);
  for (const name of ["partition_moves", "events_until_20200101", partition])
    expect([name, await exists(sql, name)]).toEqual([name, false]);
  expect(await sql`select from pg_trigger where tgname = 'partition_moves'`).toHaveLength(0);
  expect(await partitionOf(sql, "events", "id", idOfAge(old, AGE))).toBe("none");
});
