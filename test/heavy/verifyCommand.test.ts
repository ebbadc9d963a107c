import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { readTime } from "../../src/cli/readTime.ts";
import type { Db } from "../../src/db/connection/client.ts";
import { verify } from "../../src/verify/run.ts";
import { removeExpired } from "../../src/worker/job/retention.ts";
import { cli } from "../fixtures/cli.ts";
import { freshDatabase } from "../fixtures/database.ts";
import { emit, register } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { hubProcess, installation } from "../fixtures/process.ts";
import { receiver } from "../fixtures/receiver.ts";

const all = { projectId: null, since: null, until: null };

/** The database of a hub that has delivered two events, and stopped. */
let database: { url: string; db: Db } & AsyncDisposable;
beforeAll(async () => {
  database = await freshDatabase();
  await using target = await receiver();
  await using hub = await testHub({ databaseUrl: database.url });
  await register(hub, { url: target.url });
  await emit(hub);
  await emit(hub);
});
afterAll(() => database[Symbol.asyncDispose]());

test("verify prints the ledger and exits with 0; with a difference it names it and exits with 1", async () => {
  const on = (...args: string[]) => cli({ DATABASE_URL: database.url }, "verify", ...args);
  const healthy = await on();
  expect(healthy).toMatchObject({ code: 0, stderr: "" });
  expect(healthy.stdout).toMatch(/^HOOK +MADE +SUCCEEDED +FAILED +GONE +CANCELLED +QUARANTINED/);
  expect(healthy.stdout).toMatch(/^all +\d+ +\d+ /m);
  expect(healthy.stdout).toMatch(/\nNo differences\.\n$/);

  const [delivery] = await database.db.sql<{ id: string }[]>`
    update signalbox.ended_deliveries set replay_number = 1 where id = (
      select id from signalbox.deliveries where status = 'SUCCEEDED' limit 1) returning id`;
  const damaged = await on("default");
  expect(damaged).toMatchObject({ code: 1, stderr: "" });
  expect(damaged.stdout).toContain("\n1 difference:\n");
  expect(damaged.stdout).toContain(`\ndelivery ${delivery?.id}: is replay 1 of none`);

  const json = await on("--json");
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    ok: false,
    differences: [{ check: "delivery", id: delivery?.id }],
    total: { made: expect.any(Number) },
  });
  await database.db
    .sql`update signalbox.ended_deliveries set replay_number = 0 where id = ${delivery?.id ?? null}`;
  const later = await on("--json", "--since", "2100-01-01T00:00:00Z");
  expect(JSON.parse(later.stdout)).toMatchObject({ ok: true, total: { made: 0 }, events: {} });
  const earlier = await on("default", "--until", "2020-01-01", "--json");
  expect(JSON.parse(earlier.stdout)).toMatchObject({ ok: true, total: { made: 0 }, events: {} });
});

test("what retention has removed is no difference, and counters below what is left still are", async () => {
  await using own = await freshDatabase();
  await using target = await receiver();
  await using hub = await testHub({ databaseUrl: own.url });
  await register(hub, { url: target.url });
  const { sql } = own.db;
  const { id } = await emit(hub);
  // As if all so far had been 31 days ago, the event's id too: ids begin with the time.
  const made = Date.now() - 31 * 86_400_000;
  const hex = made.toString(16).padStart(12, "0");
  const oldId = `${hex.slice(0, 8)}-${hex.slice(8)}${id.slice(13)}`;
  await sql`update signalbox.events set id = ${oldId}, received_at = ${new Date(made)} where id = ${id}`;
  await sql`update signalbox.ended_deliveries set event_id = ${oldId} where event_id = ${id}`;
  await sql`update signalbox.feed set at = at - interval '31 days'`;
  await emit(hub);
  await removeExpired(hub.db, 30);
  const { differences, events } = await verify(sql, all);
  expect([events, differences]).toEqual([{ PROCESSED: 1 }, []]);
  await sql`update signalbox.hook_stats set succeeded_count = 0`;
  expect((await verify(sql, all)).differences).toMatchObject([
    {
      check: "counters",
      says: "counts 2 triggered, 0 succeeded, 0 failed; its deliveries are 1, 1 and 0",
    },
  ]);
});

test("verify looks at one project alone when it is named, and says what it cannot read", async () => {
  const on = (...args: string[]) => cli({ DATABASE_URL: database.url }, ...args);
  await on("project", "create", "Other");
  await database.db.sql`update signalbox.ended_deliveries set replay_number = 1`;
  expect((await on("verify", "other")).stdout).toContain("\nEvents: none\n\nNo differences.\n");
  expect(await on("verify", "nowhere")).toMatchObject({
    code: 1,
    stderr: "there is no project nowhere (project list)\n",
  });
  expect(await on("verify", "--since", "yesterday")).toMatchObject({
    code: 1,
    stderr:
      '--since takes a time such as 2026-01-01T00:00:00Z, in UTC when it names no zone, not "yesterday"\n',
  });
  expect((await on("verify", "--since", "2026-02-30")).stderr).toContain('not "2026-02-30"');
  expect((await on("project", "list", "--since", "2026-01-01")).stderr).toContain(
    "unknown option '--since'",
  );
  expect((await on("verify", "a", "b")).stderr).toContain("Usage: npm run cli -- verify [PROJECT]");
});

test("nothing differs while events come, after a process is killed with what it had in flight, and when another took over", async () => {
  await using target = await receiver((_request, response) => {
    // The first calls never answer: the process that made them dies.
    if (target.requests.length > 8) response.end("ok");
  });
  await using own = await freshDatabase();
  const site = installation({ DATABASE_URL: own.url });
  await using doomed = await hubProcess(site);
  const hook = `mutation ($url: String!) { registerHook(input: { url: $url, types: ["a"], maxInFlight: 8,
    timeoutMs: 30000 }) { userErrors { message } } }`;
  await doomed.run(hook, { url: target.url });
  await doomed.run(
    "mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) { events { id } } }",
    {
      input: Array.from({ length: 100 }, () => ({ type: "a" })),
    },
  );
  await expect.poll(() => target.requests.length, { timeout: 60_000 }).toBe(8);
  const look = async () => {
    const { differences, ledger } = await verify(own.db.sql, all);
    expect(differences).toEqual([]);
    return ledger[0]?.succeeded;
  };
  expect(await look()).toBe(0);
  doomed.kill("SIGKILL");
  await doomed.exited;
  expect(await look()).toBe(0);
  await using _heir = await hubProcess(site, { SIGNALBOX_ROLES: "worker" });
  await expect.poll(look, { timeout: 60_000 }).toBe(100);
});

test.each([
  ["2026-07-01", "2026-07-01T00:00:00.000Z"],
  ["2026-07-01T12:30", "2026-07-01T12:30:00.000Z"],
  ["2026-07-01T12:30:15.5", "2026-07-01T12:30:15.500Z"],
  ["2026-07-01T12:30Z", "2026-07-01T12:30:00.000Z"],
  ["2026-07-01T12:30:00+02:00", "2026-07-01T10:30:00.000Z"],
])("a time is of UTC unless it names a zone, whatever the machine's is: %s", (text, moment) => {
  vi.stubEnv("TZ", "America/New_York");
  expect(new Date("2026-07-01T12:30").toISOString()).not.toBe("2026-07-01T12:30:00.000Z");
  expect(readTime("since", text)?.toISOString()).toBe(moment);
  vi.unstubAllEnvs();
});
