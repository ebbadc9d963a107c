import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openDb, type Pool } from "../src/db/client.ts";
import { emptyDatabase } from "./fixtures/database.ts";
import { startProxy } from "./torture/kit/proxy.ts";

let database: Awaited<ReturnType<typeof emptyDatabase>>;
beforeAll(async () => {
  database = await emptyDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

let sql: Pool;
const numbers = async () => (await sql`select n from public.numbers order by n`).map(({ n }) => n);
beforeEach(async () => {
  sql = database.db.sql;
  await sql`drop table if exists public.numbers`;
  await sql`create table public.numbers (n int primary key)`;
});

const STALE_PLAN = "cached plan must not change result type";

test("a transaction whose COMMIT goes out with its statements is written as a whole", async () => {
  const [, , after] = await sql.begin((tx) =>
    Promise.all([
      tx`insert into public.numbers values (1)`,
      tx`insert into public.numbers values (2)`,
      tx`select count(*)::int as n from public.numbers`,
      tx.commit(),
    ]),
  );
  expect(after).toEqual([{ n: 2 }]);
  expect(await numbers()).toEqual([1, 2]);
});

test("nothing of it is written when a statement before the COMMIT fails", async () => {
  const failing = sql.begin((tx) =>
    Promise.all([
      tx`insert into public.numbers values (1)`,
      tx`insert into public.numbers values (1 / 0)`,
      tx`insert into public.numbers values (2)`,
      tx.commit(),
    ]),
  );
  await expect(failing).rejects.toThrow("division by zero");
  expect(await numbers()).toEqual([]);
});

test("nor when a statement has to be planned anew, which is not tried again behind the COMMIT", async () => {
  await using one = openDb(database.url, 1);
  const write = () =>
    one.sql.begin((tx) =>
      Promise.all([
        tx`select * from public.numbers`,
        tx`insert into public.numbers values (1)`,
        tx.commit(),
      ]),
    );
  await write();
  await sql`alter table public.numbers add column name text`;
  await sql`delete from public.numbers`;
  await expect(write()).rejects.toThrow(STALE_PLAN);
  expect(await numbers()).toEqual([]);
  await write();
  expect(await numbers()).toEqual([1]);
});

test("a statement behind the COMMIT is refused, and run nowhere", async () => {
  const late = sql.begin(async (tx) => {
    await Promise.all([tx`insert into public.numbers values (1)`, tx.commit()]);
    await tx`insert into public.numbers values (2)`;
  });
  await expect(late).rejects.toThrow("a statement behind the COMMIT");
  expect(await numbers()).toEqual([1]);
});

test("a constraint that only the COMMIT checks fails the transaction", async () => {
  await sql`alter table public.numbers drop constraint numbers_pkey, add unique (n) deferrable initially deferred`;
  const twice = sql.begin((tx) =>
    Promise.all([
      tx`insert into public.numbers values (1)`,
      tx`insert into public.numbers values (1)`,
      tx.commit(),
    ]),
  );
  await expect(twice).rejects.toMatchObject({ code: "23505" });
  expect(await numbers()).toEqual([]);
});

test("while a transaction is open its connection serves nobody else", async () => {
  await using one = openDb(database.url, 1);
  const begun = Promise.withResolvers<void>();
  const broken = Promise.withResolvers<never>();
  const transaction = one.sql.begin(async (tx) => {
    await tx`insert into public.numbers values (1)`;
    begun.resolve();
    await broken.promise;
  });
  const rolledBack = expect(transaction).rejects.toThrow("given up");
  await begun.promise;
  const beside = one.sql`insert into public.numbers values (2)`.execute();
  broken.reject(new Error("given up"));
  await Promise.all([rolledBack, beside]);
  expect(await numbers()).toEqual([2]);
});

test("of very many transactions at once, on few connections and with large statements, each is whole or nothing", async () => {
  await using few = openDb(database.url, 2);
  const large = "x".repeat(100_000);
  const write = (n: number) =>
    few.sql.begin((tx) =>
      Promise.all([
        tx`insert into public.numbers select ${2 * n}::int where length(${large}) > 0`,
        tx`insert into public.numbers select ${2 * n + 1}::int / ${n % 3 === 0 ? 0 : 1}::int where length(${large}) > 0`,
        ...(n % 2 === 0 ? [tx.commit()] : []),
      ]),
    );
  const plain = (n: number) => few.sql`insert into public.numbers values (${10_000 + n})`;
  const all = Array.from({ length: 300 }, (_, n) => n);
  const outcomes = await Promise.allSettled(all.flatMap((n) => [write(n), plain(n)]));
  expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(100);
  const written = all.filter((n) => n % 3 !== 0).flatMap((n) => [2 * n, 2 * n + 1]);
  expect(await numbers()).toEqual([...written, ...all.map((n) => 10_000 + n)]);
});

test("however a connection is reset, each who asked is told, and what is asked next gets its own answer", async () => {
  const at = new URL(database.url);
  await using link = await startProxy({ host: at.hostname, port: Number(at.port) });
  at.hostname = "127.0.0.1";
  at.port = String(link.port);
  await using one = openDb(at.href, 1);
  const sleeping = sql`pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
  const isSleeping = async () => (await sql`select from ${sleeping}`).length === 1;
  for (const round of [0, 1, 2, 3]) {
    // Who is told of a reset rolls back and asks again at once, while the connection is still closing.
    const again = one.sql
      .begin((tx) => Promise.all([tx`select pg_sleep(60)`, ...(round % 2 ? [tx.commit()] : [])]))
      .catch(() => one.sql`select 'again' as is`.catch(() => "refused"));
    await expect.poll(isSleeping).toBe(true);
    link.cut();
    await sql`select pg_terminate_backend(pid) from ${sleeping}`;
    expect([[{ is: "again" }], "refused"]).toContainEqual(await again);
    const written = one.sql.begin((tx) =>
      Promise.all([
        tx`select ${round}::int as first`,
        tx`select ${round}::int as second`,
        tx.commit(),
      ]),
    );
    expect((await written).slice(0, 2)).toEqual([[{ first: round }], [{ second: round }]]);
  }
});
