import { afterAll, expect, test } from "vitest";
import type { Tx } from "../../src/db/connection/client.ts";
import { compareAll, type Difference, verify } from "../../src/verify/run.ts";
import { busyHub } from "../fixtures/busyHub.ts";
import { freshDatabase } from "../fixtures/database.ts";

const all = { projectId: null, since: null, until: null };

/** The database of a hub in which everything has happened and that has stopped since, and its verdict before. */
async function makeBusy() {
  const database = await freshDatabase();
  await using hub = await busyHub({ databaseUrl: database.url });
  return { database, verdict: await verify(hub.db.sql, all) };
}
let made: ReturnType<typeof makeBusy> | undefined;
/** Made by the first test that asks: expectations are waited for in tests only. */
const busy = () => {
  made ??= makeBusy();
  return made;
};
afterAll(async () => (await made)?.database[Symbol.asyncDispose]());

test("a hub in which everything has happened verifies, and its ledger adds up", async () => {
  const { ledger, events, differences } = (await busy()).verdict;
  expect(differences).toEqual([]);
  for (const line of ledger) {
    const { made, succeeded, failed, gone, cancelled, quarantined, parked, waiting } = line;
    expect(succeeded + failed + gone + cancelled + quarantined + parked + waiting).toBe(made);
  }
  const seen = (["succeeded", "failed", "gone", "cancelled", "parked"] as const).filter((name) =>
    ledger.some((line) => line[name] > 0),
  );
  expect(seen).toHaveLength(5);
  expect(ledger.find(({ kind }) => kind === "WORKFLOW")).toMatchObject({ name: "w", made: 7 });
  expect(Object.keys(events)).toEqual([
    "CANCELLED",
    "DISPATCHED",
    "FAILED",
    "PROCESSED",
    "SCHEDULED",
  ]);
});

/** What is found once this was done to the database, which is then undone: `check: what it says`, ids left out. */
async function foundAfter(damage: (sql: Tx) => PromiseLike<unknown>): Promise<string[]> {
  const { database } = await busy();
  let found: Difference[] = [];
  const undone = new Error("undone");
  await database.db.sql
    .begin(async (tx) => {
      await damage(tx);
      found = (await compareAll(tx, all)).differences;
      throw undone;
    })
    .catch((error) => {
      if (error !== undone) throw error;
    });
  return found.map(said);
}
const said = ({ check, says }: Difference) =>
  `${check}: ${says.replace(/[\da-f]{8}-[\da-f-]{27}/g, "…")}`;

/** Does something to one row. */
const alter = (table: string, condition: string, change: string) => (sql: Tx) =>
  sql.unsafe(`${change.replace("TABLE", `signalbox.${table}`)}
    where ctid = (select ctid from signalbox.${table} where ${condition} limit 1)`);
const set = (table: string, condition: string, assignments: string) =>
  alter(table, condition, `update TABLE set ${assignments}`);
const remove = (table: string, condition = "true") => alter(table, condition, "delete from TABLE");

const OK = "status = 'SUCCEEDED' and run_id is null and replay_of is null";
/** A feed record that tells of new deliveries. */
const FIRST = `last = (select last from signalbox.feed, json_array_elements(items) i
  where i->>'kind' = 'DELIVERY' and i->>'created' = 'true' order by last limit 1)`;
const without = (condition: string) =>
  `(select coalesce(json_agg(i), '[]') from json_array_elements(items) i where not (${condition}))`;
/** Of deliveries that were tried twice. */
const TWICE = "delivery_id in (select id from signalbox.deliveries where attempt_count = 2)";

test.each<[string, (sql: Tx) => PromiseLike<unknown>, string[]]>([
  [
    "a delivery in a state that there is not",
    async (sql) => {
      await sql`alter table signalbox.ended_deliveries drop constraint ended_status`;
      await set("ended_deliveries", OK, "status = 'LOST'")(sql);
    },
    ["delivery: is LOST, which is no state of a delivery", "counters: counts "],
  ],
  [
    "a delivery that is parked and due",
    set("queue", "status = 'PARKED'", "due_at = now()"),
    ["delivery: is PARKED and due at "],
  ],
  [
    "a delivery that waits for nothing",
    set("queue", "status = 'PARKED'", "status = 'PENDING'"),
    ["delivery: is PENDING and never due", "feed: delivery is PENDING after 0 attempts, and "],
  ],
  [
    "an attempt that is not counted",
    (sql) =>
      sql`insert into signalbox.earlier_attempts (project_id, delivery_id, number, started_at, elapsed_ms, outcome,
        request_headers)
      select project_id, id, 1, now(), 1, 'SUCCESS', '{}' from signalbox.queue where status = 'PARKED' limit 1`,
    ["attempts: counts 0 attempts and has #1"],
  ],
  [
    "a lease left alone",
    set(
      "queue",
      "status = 'PARKED'",
      `status = 'PENDING', due_at = now(), lease_worker = gen_random_uuid(), lease_token = gen_random_uuid(),
        lease_until = now() - interval '2 minutes'`,
    ),
    ["lease: has a lease that expired at "],
  ],
  [
    "a lease without end",
    set(
      "queue",
      "status = 'PARKED'",
      `status = 'PENDING', due_at = now(), lease_worker = gen_random_uuid(), lease_token = gen_random_uuid(),
        lease_until = now() + interval '1 hour'`,
    ),
    ["lease: is leased until "],
  ],
  [
    "half a lease",
    set("queue", "status = 'PARKED'", "lease_until = now()"),
    ["lease: has half a lease"],
  ],
  [
    "an attempt that is missing",
    remove("earlier_attempts", `${TWICE} and number = 1`),
    ["attempts: counts 2 attempts and has #2"],
  ],
  [
    "an end without its attempt",
    set("ended_deliveries", OK, "outcome = null"),
    ["attempts: counts 1 attempts and has none"],
  ],
  [
    "attempts with a gap",
    set("earlier_attempts", `${TWICE} and number = 1`, "number = 7"),
    ["attempts: counts 2 attempts and has #2 #7"],
  ],
  [
    "a success without a call that succeeded",
    set("ended_deliveries", OK, "outcome = 'RESPONSE_ERROR'"),
    ["attempts: is SUCCEEDED, and its last attempt is not"],
  ],
  [
    "a replay of another event's delivery",
    (sql) =>
      sql`update signalbox.ended_deliveries set replay_of = (select id from signalbox.queue where status = 'PARKED' limit 1)
        where id = (select id from signalbox.ended_deliveries where replay_number = 1 limit 1)`,
    ["replay: is a replay of …, of another event or hook"],
  ],
  [
    "counters that lost some",
    set("hook_stats", "succeeded_count > 0", "succeeded_count = succeeded_count - 1"),
    ["counters: counts "],
  ],
  [
    "counters that counted twice",
    set("hook_stats", "true", "triggered_count = triggered_count + 1"),
    ["counters: counts "],
  ],
  ["counters that are gone", remove("hook_stats"), ["counters: has no counters"]],
  [
    "an event that is over before its delivery is",
    set("events", "status = 'DISPATCHED'", "status = 'PROCESSED'"),
    ["event: is PROCESSED, and 1 deliveries and 0 runs are open"],
  ],
  [
    "an event that never ends",
    set("events", "status = 'PROCESSED'", "status = 'DISPATCHED'"),
    ["event: is DISPATCHED, and nothing of it is open", "feed: event is DISPATCHED, "],
  ],
  [
    "an event that failed for nothing",
    set("events", "status = 'PROCESSED'", "status = 'FAILED'"),
    ["event: is FAILED, and nothing of it failed", "feed: event is FAILED, "],
  ],
  [
    "an event whose failure is hidden",
    set("events", "status = 'FAILED'", "status = 'PROCESSED'"),
    ["event: is PROCESSED, and ", "feed: event is PROCESSED, and the feed last reported FAILED"],
  ],
  [
    "a scheduled event that is never due",
    set("events", "status = 'SCHEDULED'", "due_at = null"),
    ["event: is SCHEDULED and never due"],
  ],
  [
    "a run that is over before its step is",
    set("step_runs", "status = 'SUCCEEDED'", "status = 'RUNNING'"),
    ["run: is "],
  ],
  [
    "a step that is missing",
    remove("step_runs", "position = 0"),
    ["run: has 1 steps, the last at place 1"],
  ],
  [
    "a press that was sent twice",
    (
      sql,
    ) => sql`insert into signalbox.earlier_attempts (project_id, delivery_id, number, started_at, elapsed_ms, outcome,
        request_headers)
      select project_id, id, 2, now(), 1, 'SUCCESS', '{}' from signalbox.presses limit 1`,
    ["press: was sent 2 times"],
  ],
  [
    "a change that the feed did not tell of",
    set("hooks", "status = 'PAUSED'", "status = 'ACTIVE'"),
    ["feed: hook is ACTIVE, and the feed last reported PAUSED"],
  ],
  [
    "a resource that moved unseen",
    set("resources", "true", "version = 9"),
    ["feed: resource is version 9, and the feed last reported version 2"],
  ],
  [
    "a beginning that the feed lost",
    set("feed", FIRST, `items = ${without("i->>'kind' = 'DELIVERY'")}`),
    ["feed: delivery is reported as new 0 times"],
  ],
  [
    "a record that the feed lost",
    remove("feed", "last = (select last from signalbox.feed order by last offset 3 limit 1)"),
    ["feed: the feed goes from position "],
  ],
  [
    "the feed's newest record, lost",
    remove("feed", "last = (select max(last) from signalbox.feed)"),
    ["feed: the feed ends at position "],
  ],
  [
    "the feed's oldest record, lost",
    remove("feed", "first = 1"),
    ["feed: the feed goes from position 0 on to "],
  ],
  [
    "a feed that is gone",
    (sql) => sql`delete from signalbox.feed`,
    ["feed: the feed has no record, and its head is "],
  ],
  [
    "two records at one position",
    set("feed", "last = (select max(last) from signalbox.feed)", "first = first - 1"),
    ["feed: the feed goes from position "],
  ],
  [
    "more changes than positions",
    set(
      "feed",
      FIRST,
      "items = (select json_agg(i) from json_array_elements(items) i, generate_series(1, 3))",
    ),
    ["feed: the record at position "],
  ],
  [
    "an accepted event that is lost",
    remove("events", "idempotency_key = 'the one'"),
    [
      "feed: the feed reports event, and ",
      "orphan: delivery of event …, which does not exist",
      "orphan: idempotency key of event …, which does not exist",
    ],
  ],
  [
    "a delivery that is lost",
    remove("ended_deliveries", "status = 'FAILED' and attempt_count = 2 and replay_of is null"),
    [
      "feed: the feed reports delivery, and there is no such row",
      "orphan: attempt of a delivery or press that does not exist",
    ],
  ],
  [
    "an action without its event",
    set("actions", "true", "event_id = gen_random_uuid()"),
    ["orphan: action of event …, which does not exist"],
  ],
])("%s is found and named", async (_name, damage, expected) => {
  const found = await foundAfter(damage);
  for (const text of expected)
    expect(
      found.find((line) => line.startsWith(text)),
      found.join("\n"),
    ).toBeDefined();
});
