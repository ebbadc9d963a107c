import { afterAll, beforeAll, expect, test } from "vitest";
import { type Db, openSession, type Sql } from "../../src/db/connection/client.ts";
import { openReadPools } from "../../src/db/read/readPools.ts";
import { createMaskError } from "../../src/http/gate/maskError.ts";
import { createLogger } from "../../src/log.ts";
import { newId } from "../../src/util/ids.ts";
import { freshDatabase } from "../fixtures/database.ts";

const LOCK = 4_711;
const one = newId();
const other = newId();

let database: Awaited<ReturnType<typeof freshDatabase>>;
let reads: Awaited<ReturnType<typeof openReadPools>>;
beforeAll(async () => {
  database = await freshDatabase();
  reads = await openReadPools(database.url);
});
afterAll(async () => {
  await reads[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const waiting = async ({ sql }: Db) => {
  const [found] = await sql<{ n: number }[]>`
    select count(*)::int as n from pg_locks where locktype = 'advisory' and objid = ${LOCK} and not granted`;
  return found?.n;
};
const held = (sql: Sql) => sql`select pg_advisory_xact_lock_shared(${LOCK})`;

test("a project whose reads take long holds two readers, and all others read on", async () => {
  const { db } = database;
  const session = openSession(db.url);
  await session`select pg_advisory_lock(${LOCK})`;
  const slow = Array.from({ length: 40 }, () => reads.read(one, held));
  await expect.poll(() => waiting(db)).toBe(2);
  for (let n = 0; n < 10; n++)
    expect(await reads.read(other, (sql) => sql`select 1 as n`)).toEqual([{ n: 1 }]);
  expect(await waiting(db)).toBe(2);
  await session`select pg_advisory_unlock(${LOCK})`;
  await session.end();
  expect(await Promise.all(slow)).toHaveLength(40);
});

test("more reads than may wait are refused by name, and those that wait come to an end", async () => {
  const session = openSession(database.url);
  await session`select pg_advisory_lock(${LOCK})`;
  const all = Array.from({ length: 2_100 }, () => reads.read(one, held).then(() => "read", String));
  const refused = await Promise.any(
    all.map(async (read) => {
      const text = await read;
      if (text === "read") throw new Error("it was read");
      return text;
    }),
  );
  expect(refused).toContain("Too many reads at once: this project has 2, all together have 2 of 5");
  await session`select pg_advisory_unlock(${LOCK})`;
  await session.end();
  const ends = await Promise.all(all);
  expect(ends.filter((end) => end === "read")).toHaveLength(2_002);
});

test("a read that takes too long has a code of its own, and its connection reads on", async () => {
  const timedOut = reads.read(one, async (sql) => {
    await sql`select set_config('statement_timeout', '20', true)`;
    await sql`select pg_sleep(20)`;
  });
  const error = await timedOut.catch((thrown) => thrown);
  const masked = createMaskError(createLogger("silent"))(error, { requestId: "r", trace: null });
  expect(masked.extensions.code).toBe("QUERY_TIMEOUT");
  expect(masked.message).toContain("A read took more than 5 s and was cancelled.");
  const all = Array.from({ length: 20 }, () => reads.read(one, (sql) => sql`select 1 as n`));
  expect(await Promise.all(all)).toHaveLength(20);
});

test("what is read is counted row by row, and rows behind the one that is too much are not kept", async () => {
  let bytes = 0;
  const meter = (more: number) => {
    bytes += more;
    if (bytes > 1_000_000) throw new Error("enough");
  };
  const rows = reads.read(
    one,
    (sql) => sql`select repeat('x', 10000) as text from generate_series(1, 5000)`,
    meter,
  );
  await expect(rows).rejects.toThrow("enough");
  // Fifty million bytes were sent: each row that came later was refused, and none was made.
  expect(await reads.read(one, (sql) => sql`select 1 as n`)).toEqual([{ n: 1 }]);
});
