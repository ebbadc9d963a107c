import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openDb, type Pool, type Tx } from "../../src/db/connection/client.ts";
import { emptyDatabase } from "../fixtures/database.ts";
import { startProxy } from "../torture/kit/proxy.ts";

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

test("of a transaction all is written, or nothing when one statement fails", async () => {
  const write = (last: number) =>
    sql.begin((tx) =>
      Promise.all([
        tx`insert into public.numbers values (1)`,
        tx`insert into public.numbers values (1 / ${last}::int)`,
        tx`insert into public.numbers values (2)`,
      ]),
    );
  await expect(write(0)).rejects.toThrow("division by zero");
  expect(await numbers()).toEqual([]);
  await expect(write(1)).rejects.toMatchObject({ code: "23505" });
  expect(await numbers()).toEqual([]);
  const found = await sql.begin(async (tx) => {
    await tx`insert into public.numbers values (1)`;
    return tx`select n from public.numbers`;
  });
  expect(found).toEqual([{ n: 1 }]);
  expect(await numbers()).toEqual([1]);
});

test("on a connection that is still being made, too, nothing is run behind its end", async () => {
  await using one = openDb(database.url, 1);
  const failing = one.sql.begin((tx) =>
    Promise.all([
      tx`select 1 / 0`,
      ...Array.from({ length: 20 }, (_, n) => tx`insert into public.numbers values (${n})`),
    ]),
  );
  await expect(failing).rejects.toThrow("division by zero");
  await one.sql`select 1`;
  expect(await numbers()).toEqual([]);
});

test("nor when the failure was caught by whoever asked, or its answer not waited for", async () => {
  const caught = sql.begin(async (tx) => {
    await tx`insert into public.numbers values (1)`;
    await tx`select 1 / 0`.catch(() => {});
  });
  await expect(caught).rejects.toThrow("division by zero");
  const unheard = sql.begin(async (tx) => {
    await tx`insert into public.numbers values (1)`;
    void tx`select 1 / 0`.execute();
  });
  await expect(unheard).rejects.toThrow("division by zero");
  expect(await numbers()).toEqual([]);
});

test("what fails beside its statements rolls it back, and is told", async () => {
  const failing = sql.begin(async (tx) => {
    await tx`insert into public.numbers values (1)`;
    throw new Error("given up");
  });
  await expect(failing).rejects.toThrow("given up");
  expect(await numbers()).toEqual([]);
});

test("BEGIN and the first statements go out together, and it begins as it is told", async () => {
  const at = new URL(database.url);
  await using link = await startProxy({ host: at.hostname, port: Number(at.port) });
  at.hostname = "127.0.0.1";
  at.port = String(link.port);
  await using one = openDb(at.href, 1);
  const read = () =>
    one.sql.begin("isolation level repeatable read read only", (tx) =>
      Promise.all([
        tx`select current_setting(${"transaction_isolation"}) as level`,
        tx`select current_setting(${"transaction_read_only"}) as only`,
      ]),
    );
  await read();
  // No answer comes before both questions are out: one that waited for BEGIN's would wait for ever.
  const asked = Promise.withResolvers<void>();
  let sent = "";
  link.weather = {
    async holds(bytes, from) {
      if (from === "far") return asked.promise;
      sent += bytes.toString("latin1");
      const isOut = ["begin", "transaction_isolation", "transaction_read_only"].every((part) =>
        sent.includes(part),
      );
      if (isOut) asked.resolve();
    },
  };
  const [[first], [second]] = await read();
  expect([first?.level, second?.only]).toEqual(["repeatable read", "on"]);
});

test("a statement behind its end is refused, and run nowhere", async () => {
  const insert = (tx: Tx, n: number) => tx`insert into public.numbers values (${n})`;
  const over = await sql.begin(async (tx) => {
    await insert(tx, 1);
    return [tx];
  });
  await expect(Promise.all(over.map((tx) => insert(tx, 2)))).rejects.toThrow(
    "a statement behind the end of its transaction",
  );
  expect(await numbers()).toEqual([1]);
});

test("a constraint that only the COMMIT checks fails the transaction", async () => {
  await sql`alter table public.numbers drop constraint numbers_pkey, add unique (n) deferrable initially deferred`;
  const twice = sql.begin(
    (tx) => tx`insert into public.numbers select 1 from generate_series(1, 2)`,
  );
  await expect(twice).rejects.toMatchObject({ code: "23505" });
  expect(await numbers()).toEqual([]);
});

test("a connection that breaks in the middle is told at once, whatever the transaction does, and no more of it is run", async () => {
  await using one = openDb(database.url, 1);
  const begun = Promise.withResolvers<number>();
  const broken = Promise.withResolvers<void>();
  const late = Promise.withResolvers<unknown>();
  const transaction = one.sql.begin(async (tx) => {
    const [session] = await tx`select pg_backend_pid() as pid`;
    begun.resolve(session?.pid);
    await broken.promise;
    await tx`insert into public.numbers values (1)`.catch(late.resolve);
  });
  const told = expect(transaction).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
  await sql`select pg_terminate_backend(${await begun.promise})`;
  await told;
  // Its place is taken by another connection, which is not the transaction's.
  expect(await one.sql`select 1 as one`).toEqual([{ one: 1 }]);
  broken.resolve();
  expect(await late.promise).toMatchObject({ code: "CONNECTION_CLOSED" });
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
      .begin((tx) => tx`select pg_sleep(60)`)
      .catch(() => one.sql`select 'again' as is`.catch(() => "refused"));
    await expect.poll(isSleeping).toBe(true);
    link.cut();
    await sql`select pg_terminate_backend(pid) from ${sleeping}`;
    expect([[{ is: "again" }], "refused"]).toContainEqual(await again);
    const written = one.sql.begin((tx) =>
      Promise.all([tx`select ${round}::int as first`, tx`select ${round}::int as second`]),
    );
    expect(await written).toEqual([[{ first: round }], [{ second: round }]]);
  }
});
