import { expect, test } from "vitest";
import { moveHorizons, removeOldEvents, removeOldKeys } from "../../src/db/retention/retention.ts";
import { newId } from "../../src/util/ids.ts";
import { removeExpired } from "../../src/worker/job/retention.ts";
import { press } from "../fixtures/actions.ts";
import { accepted } from "../fixtures/emit.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";

const EMIT = `mutation ($key: String, $waitMs: Int) {
  emitEvent(input: { type: "a", idempotencyKey: $key, waitMs: $waitMs }) { event { id } isDuplicate } }`;
type Emitted = { emitEvent: { event: { id: string }; isDuplicate: boolean } };
type Hub = Awaited<ReturnType<typeof testHub>>;

const emit = async (hub: Hub, variables = {}) =>
  (await hub.run<Emitted>(EMIT, { waitMs: 10_000, ...variables })).emitEvent;

/** Makes an event as old as one that was received so many days ago, its id too: ids begin with the time. */
async function age(hub: Hub, id: string, days: number) {
  const made = Date.now() - days * 86_400_000;
  const old = made.toString(16).padStart(12, "0");
  const oldId = `${old.slice(0, 8)}-${old.slice(8)}${id.slice(13)}`;
  const { sql } = hub.db;
  await sql`update signalbox.events set id = ${oldId}, received_at = ${new Date(made)} where id = ${id}`;
  for (const table of ["queue", "ended_deliveries", "actions", "event_bodies"])
    await sql`update ${sql(`signalbox.${table}`)} set event_id = ${oldId} where event_id = ${id}`;
  return oldId;
}

const countIn = async (
  { db: { sql } }: Hub,
  table: "events" | "deliveries" | "attempts" | "actions" | "presses" | "event_bodies",
) => Number((await sql`select count(*) from ${sql(`signalbox.${table}`)}`)[0]?.count);

const register = (hub: Hub, url: string) =>
  hub.run<{ registerHook: { hook: { id: string } } }>(
    `mutation ($url: String!) { registerHook(input: { url: $url, types: ["*"] }) { hook { id } } }`,
    { url },
  );

test("events older than they are kept go with their deliveries and attempts, younger ones stay", async () => {
  await using target = await receiver();
  await using hub = await testHub();
  await register(hub, target.url);
  await age(hub, (await emit(hub)).event.id, 31);
  const kept = await age(hub, (await emit(hub)).event.id, 29);
  await removeExpired(hub.db, 30);
  const { events } = await hub.run<{ events: { nodes: object[] } }>(
    "{ events(first: 5) { nodes { id deliveries(first: 5) { nodes { attempts { number } } } } } }",
  );
  expect(events.nodes).toEqual([
    { id: kept, deliveries: { nodes: [{ attempts: [{ number: 1 }] }] } },
  ]);
  expect([await countIn(hub, "deliveries"), await countIn(hub, "attempts")]).toEqual([1, 1]);
});

test("a body that a template made goes with its event", async () => {
  await using target = await receiver();
  await using hub = await testHub();
  await hub.run(
    `mutation ($url: String!) {
      registerHook(input: { url: $url, types: ["*"], template: "{{ event.type }}" }) { hook { id } } }`,
    { url: target.url },
  );
  await age(hub, (await emit(hub)).event.id, 31);
  await age(hub, (await emit(hub)).event.id, 29);
  expect(await countIn(hub, "event_bodies")).toBe(2);
  await removeExpired(hub.db, 30);
  expect(await countIn(hub, "event_bodies")).toBe(1);
});

test("an old event's actions go with it, and their presses with what they sent", async () => {
  await using target = await receiver();
  await using hub = await testHub();
  const actions = [{ url: target.url, buttonText: "Ban", key: "ban" }];
  const kept = new Set<string>();
  for (const days of [31, 29]) {
    const fields = "id actions { id }";
    const event = await accepted<{ id: string; actions: { id: string }[] }>(
      hub,
      { type: "a", actions },
      fields,
    );
    const action = event.actions[0]?.id ?? "";
    expect((await press(hub, action)).press?.status).toBe("SUCCEEDED");
    await age(hub, event.id, days);
    if (days < 30) kept.add(action);
  }
  await removeExpired(hub.db, 30);
  const counts = ["events", "actions", "presses", "attempts"] as const;
  for (const table of counts) expect([table, await countIn(hub, table)]).toEqual([table, 1]);
  const left = await hub.db.sql<{ id: string }[]>`
    select a.id from signalbox.actions a join signalbox.presses p on p.action_id = a.id
    join signalbox.attempts t on t.delivery_id = p.id`;
  expect(new Set(left.map(({ id }) => id))).toEqual(kept);
});

test("events that have not ended stay, however old", async () => {
  await using target = await receiver();
  await using hub = await testHub();
  const { registerHook } = await register(hub, target.url);
  await hub.run("mutation ($id: ID!) { pauseHook(id: $id) { userErrors { message } } }", {
    id: registerHook.hook.id,
  });
  await age(hub, (await emit(hub, { waitMs: 0 })).event.id, 400);
  await removeOldEvents(hub.db.sql, 30);
  expect([await countIn(hub, "events"), await countIn(hub, "deliveries")]).toEqual([1, 1]);
});

test("thousands of old events, and one with thousands of deliveries, go too", async () => {
  await using hub = await testHub({ roles: { api: true, worker: false } });
  const { id } = (await emit(hub, { waitMs: 0 })).event;
  const old = await age(hub, id, 40);
  const { sql } = hub.db;
  await sql`insert into signalbox.events (project_id, id, type, name, content_type, origin, occurred_at, received_at, status)
    select project_id, overlay(id::text placing lpad(to_hex(n), 12, '0') from 25)::uuid, type, name, content_type,
      origin, occurred_at, received_at, status from signalbox.events, generate_series(1, 500) n where id = ${old}`;
  await sql`insert into signalbox.ended_deliveries (project_id, id, event_id, hook_id, format, status, attempt_count,
      max_attempts, completed_at, created_at)
    select project_id, gen_random_uuid(), id, gen_random_uuid(), 'EVENT', 'SUCCEEDED', 1, 4, now(), now()
    from signalbox.events, generate_series(1, 5000) where id = ${old}`;
  await removeOldEvents(sql, 30);
  expect([await countIn(hub, "events"), await countIn(hub, "deliveries")]).toEqual([0, 0]);
});

test("idempotency keys are forgotten after 24 hours, not before", async () => {
  await using hub = await testHub();
  for (const key of ["young", "old"]) await emit(hub, { key });
  const { sql } = hub.db;
  await sql`update signalbox.idempotency_keys set created_at = now() - interval '23 hours'`;
  await sql`update signalbox.idempotency_keys set created_at = now() - interval '25 hours' where key = 'old'`;
  await removeOldKeys(sql, 30);
  expect((await emit(hub, { key: "young" })).isDuplicate).toBe(true);
  expect((await emit(hub, { key: "old" })).isDuplicate).toBe(false);
});

test("the feed forgets what is old, and remembers how far", async () => {
  await using hub = await testHub({ roles: { api: true, worker: false } });
  const { sql } = hub.db;
  await moveHorizons(sql, 1);
  const horizonOf = async (project: string) =>
    Number(
      (await sql`select horizon from signalbox.heads where project_id = ${project}`)[0]?.horizon,
    );
  const [old, young] = [newId(), newId()];
  await sql`insert into signalbox.heads (project_id, head) values (${old}, 10000), (${young}, 10000)`;
  // A record a minute, of two changes each: of one project until now, of the other until now from a moment ago.
  await sql`insert into signalbox.feed (project_id, first, last, at, items)
    select p.id, 2 * n - 1, 2 * n, now() - (5000 - n) * p.apart,
      json_build_array(json_build_object('kind', 'EVENT', 'id', gen_random_uuid(), 'state', json_build_object()),
        json_build_object('kind', 'EVENT', 'id', gen_random_uuid(), 'state', json_build_object()))
    from generate_series(1, 5000) n,
      (values (${old}::uuid, interval '1 minute'), (${young}::uuid, interval '1 second')) p(id, apart)`;
  await moveHorizons(sql, 1);
  const [kept] = await sql`
    select min(position) as first, count(*) from signalbox.changes
    where project_id = ${old} and at >= now() - interval '1 day'`;
  const reached = await horizonOf(old);
  // A minute may have begun between.
  expect([0, 2]).toContain(Number(kept?.first) - reached - 1);
  expect(Number(kept?.count)).toBeGreaterThan(2 * 1_430);
  expect(await horizonOf(young)).toBe(0);
  await moveHorizons(sql, 2);
  expect(await horizonOf(old)).toBe(reached);
});
