import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDb, type Pool } from "../../src/db/connection/client.ts";
import { emptyDatabase } from "../fixtures/database.ts";
import { startProxy } from "../torture/kit/proxy.ts";

let database: Awaited<ReturnType<typeof emptyDatabase>>;
let sql: Pool;
beforeAll(async () => {
  database = await emptyDatabase();
  sql = database.db.sql;
});
afterAll(() => database[Symbol.asyncDispose]());

test("arrays are written and read as they are, whatever is in them", async () => {
  const texts = ["", "NULL", "null", 'a "b" \\ c', "{x,y}", " ", "1,2", "é\n", null];
  const [row] = await sql`
    select ${texts}::text[] as texts, ${[]}::text[] as none, ${[1, 2]}::int[] as numbers,
      array[array['a', null], array['}', '"']] as nested, '[0:1]={5,6}'::smallint[] as bounded,
      array[true, false, null] as booleans, ${sql.json([])}::json as json, ${['{"a":["1"]}', "x"]}::json[] as jsons,
      ${["01a22acc-e0b8-7018-a045-973f922cae2c"]}::uuid[] as ids,
      array['2026-01-02T03:04:05Z'::timestamptz] as times`;
  expect(row).toEqual({
    texts,
    none: [],
    numbers: [1, 2],
    nested: [
      ["a", null],
      ["}", '"'],
    ],
    bounded: [5, 6],
    booleans: [true, false, null],
    json: [],
    jsons: ['{"a":["1"]}', "x"],
    ids: ["01a22acc-e0b8-7018-a045-973f922cae2c"],
    times: [new Date("2026-01-02T03:04:05Z")],
  });
});

test("statements and transactions share few connections, and come to an end in turn", async () => {
  await using few = openDb(database.url, 2);
  const one = (n: number) => few.sql`select ${n}::int as n`;
  const all = Array.from({ length: 60 }, (_, n) =>
    n % 3 === 0 ? few.sql.begin((tx) => tx`select ${n}::int as n`) : one(n),
  );
  expect((await Promise.all(all)).map(([row]) => row?.n)).toEqual(all.map((_, n) => n));
  const [used] = await sql`
    select count(*)::int as n from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and application_name = 'signalbox'`;
  expect(used?.n).toBeLessThanOrEqual(2 + 5);
});

test("a statement goes to another connection while a transaction has one", async () => {
  await using few = openDb(database.url, 2);
  const pidOf = async (from: Pick<Pool, "unsafe">) =>
    (await from.unsafe("select pg_backend_pid() as pid"))[0]?.pid;
  await few.sql.begin(async (tx) => {
    const own = await pidOf(tx);
    expect(await pidOf(tx)).toBe(own);
    expect(await pidOf(few.sql)).not.toBe(own);
  });
});

test("an end waits for what was asked, and refuses what is asked later", async () => {
  const { sql: ending } = openDb(database.url, 1);
  const slow = ending`select pg_sleep(0.2), 1 as one`.then(([row]) => row?.one);
  const open = ending.begin(async (tx) => {
    await tx`select pg_sleep(0.2)`;
    return tx`select 2 as two`;
  });
  await expect
    .poll(
      async () =>
        (
          await sql`select from pg_stat_activity
    where datname = current_database() and wait_event = 'PgSleep'`
        ).length,
    )
    .toBe(1);
  const ended = ending.end();
  await Promise.resolve();
  await expect(ending`select 3`.execute()).rejects.toMatchObject({ code: "CONNECTION_ENDED" });
  expect([await slow, await open]).toEqual([1, [{ two: 2 }]]);
  await ended;
});

test("an end that may not wait breaks off what is on its way, and tells it", async () => {
  const { sql: ending } = openDb(database.url, 1);
  const asked = [
    ending`select pg_sleep(60)`.execute(),
    ending.begin((tx) => tx`select pg_sleep(60)`),
  ];
  const told = Promise.allSettled(asked);
  await ending.end({ timeout: 0.1 });
  for (const answer of await told)
    expect(answer).toMatchObject({ reason: { code: "CONNECTION_DESTROYED" } });
});

test("a server that takes a connection and says nothing is given up in time, and one that hangs up at once", async () => {
  const at = new URL(database.url);
  await using link = await startProxy({ host: at.hostname, port: Number(at.port) });
  const url = Object.assign(new URL(at), { hostname: "127.0.0.1", port: String(link.port) });
  url.searchParams.set("connect_timeout", "1");
  link.weather = "blackHole";
  await using silent = openDb(url.href, 1);
  await expect(silent.sql`select 1`.execute()).rejects.toMatchObject({
    code: "CONNECT_TIMEOUT",
    message: expect.stringContaining(url.host),
  });
  await using gone = await startProxy({ host: "127.0.0.1", port: 1 });
  url.port = String(gone.port);
  await using refused = openDb(url.href, 1);
  const asked = Array.from({ length: 100 }, () => refused.sql`select 1`);
  for (const answer of await Promise.allSettled(asked))
    expect(answer).toMatchObject({ status: "rejected" });
});

test("a statement that cannot be sent fails, and leaves the others their own answers", async () => {
  await using one = openDb(database.url, 1);
  await one.sql`select 0`;
  const asked = [1, undefined, 3].map((n) => one.sql`select ${n as number}::int as n`.execute());
  for (const [index, answer] of (await Promise.allSettled(asked)).entries())
    if (answer.status === "fulfilled") expect(answer.value).toEqual([{ n: [1, null, 3][index] }]);
  expect((await Promise.allSettled(asked))[1]?.status).toBe("rejected");
  expect(await one.sql`select 4 as n`).toEqual([{ n: 4 }]);
});

test("what a query has given back is free as soon as its reader has read it", async () => {
  await using database = await emptyDatabase();
  const program = `
    import { openDb } from "${new URL("../../src/db/connection/client.ts", import.meta.url)}";
    await using db = openDb("${database.url}");
    for (let query = 0; query < 4_000; query++) await db.sql\`select repeat('x', 3000) as text, \${query}::int as query\`;`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--max-semi-space-size=1",
    "--trace-gc",
    "--trace-gc-nvp",
    "--input-type=module",
    "--eval",
    program,
  ]);
  // What survives two collections of the young generation stays until the old one is collected.
  const sum = (name: string) =>
    [...stdout.matchAll(new RegExp(` gc=s .* ${name}=(\\d+) `, "g"))].reduce(
      (all, [, bytes]) => all + Number(bytes),
      0,
    );
  expect(sum("allocated")).toBeGreaterThan(20_000_000);
  expect(sum("promoted") / sum("allocated")).toBeLessThan(0.15);
});
