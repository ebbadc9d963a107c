import { expect, test } from "vitest";
import { openDb } from "../../src/db/connection/client.ts";
import { newId } from "../../src/util/ids.ts";
import { removeExpired } from "../../src/worker/job/retention.ts";
import { accepted } from "../fixtures/emit.ts";
import { testHub } from "../fixtures/hub.ts";
import {
  agedDatabase,
  ageEvent,
  idOfAge,
  partitionOf,
  RETENTION_DAYS,
} from "../fixtures/partitions.ts";

const soon = { timeout: 60_000 };
/** An advisory lock of this test. */
const GATE = 77;

test("an event that moves to a later page while its partition is copied is met twice, and kept once in its current state", async () => {
  await using database = await agedDatabase(12);
  await using hub = await testHub({ databaseUrl: database.url, retentionDays: RETENTION_DAYS });
  const { sql } = hub.db;
  // Three statements copy 700 pages of a few rows each. The first row is to stay, and one that the second statement copies.
  const template = await ageEvent(
    sql,
    (await accepted(hub, { type: "a", waitMs: 10_000 })).id,
    RETENTION_DAYS + 2,
  );
  const partition = await partitionOf(sql, "events", "id", template);
  const ids = Array.from({ length: 2_800 }, () => idOfAge(newId(), RETENTION_DAYS + 2));
  const [moved, between] = [ids[0] ?? "", ids[1_400] ?? ""];
  await sql`alter table ${sql(`signalbox.${partition}`)} set (fillfactor = 100, toast_tuple_target = 8160)`;
  await sql`
    insert into signalbox.events select (jsonb_populate_record(e, jsonb_build_object('id', i.id, 'name', repeat('n', 1800),
      'status', case when i.id in (${moved}, ${between}) then 'DISPATCHED' else e.status end))).*
    from signalbox.events e, unnest(${ids}::uuid[]) with ordinality i (id, n) where e.id = ${template} order by n`;
  // Room for it in the pages of the third.
  await sql`delete from signalbox.events where id in ${sql(ids.slice(2_600, 2_700))}`;
  await sql`vacuum ${sql(`signalbox.${partition}`)}`;
  // A constraint is copied with the table: it holds the second statement up.
  await sql`create function signalbox.pass(id uuid) returns boolean language plpgsql as
    ${sql.unsafe(`'begin if id = ''${between}'' then perform pg_advisory_xact_lock_shared(${GATE}); end if; return true; end'`)}`;
  await sql`alter table signalbox.events add constraint gate check (signalbox.pass(id))`;
  const page = async () => {
    const [row] = await sql`select ctid from signalbox.events where id = ${moved}`;
    return Number(/\((\d+),/.exec(row?.ctid)?.[1]);
  };
  const first = await page();
  await using other = openDb(hub.settings.databaseUrl, 1);
  let removed: Promise<boolean> | undefined;
  await other.sql.begin(async (tx) => {
    await tx`set local idle_in_transaction_session_timeout = 0`;
    await tx`select pg_advisory_xact_lock(${GATE})`;
    removed = removeExpired(hub.db, RETENTION_DAYS);
    const waiting = async () =>
      (
        await sql`select from pg_locks where locktype = 'advisory' and objid = ${GATE} and not granted`
      ).length;
    await expect.poll(waiting, soon).toBe(1);
    await sql`update signalbox.events set name = ${"m".repeat(1_801)} where id = ${moved}`;
  });
  expect([first < 256, (await page()) >= 512]).toEqual([true, true]);
  expect(await removed).toBe(true);
  const left = await sql`select id, left(name, 1) as name from signalbox.events order by 2`;
  expect([...left]).toEqual([
    { id: moved, name: "m" },
    { id: between, name: "n" },
  ]);
  expect(await partitionOf(sql, "events", "id", moved)).toMatch(/^events_until_\d{8}$/);
});
