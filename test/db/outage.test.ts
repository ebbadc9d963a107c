import { afterAll, beforeAll, expect, test } from "vitest";
import { openDb, type Sql } from "../../src/db/connection/client.ts";
import { isLocked, isOutage, isTimeout } from "../../src/db/connection/outage.ts";
import { createMaskError } from "../../src/http/gate/maskError.ts";
import { createLogger } from "../../src/log.ts";
import { freshDatabase } from "../fixtures/database.ts";

let database: Awaited<ReturnType<typeof freshDatabase>>;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const maskError = createMaskError(createLogger("silent"));
const errorOf = async (work: PromiseLike<unknown>): Promise<unknown> => {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("nothing failed");
};
const within = (...statements: string[]) =>
  errorOf(
    database.db.sql.begin(async (tx) => {
      for (const statement of statements) await tx.unsafe(statement);
    }),
  );
/** The code that a caller receives. */
const codeForCaller = (error: unknown) =>
  maskError(error, { requestId: "r", trace: null }).extensions.code;
const classified = (error: unknown) => ({
  outage: isOutage(error),
  timeout: isTimeout(error),
  locked: isLocked(error),
  code: codeForCaller(error),
});

test("a read-only database is an outage", async () => {
  const error = await within("set transaction read only", "create table a ()");
  expect(classified(error)).toEqual({
    outage: true,
    timeout: false,
    locked: false,
    code: "UNAVAILABLE",
  });
});

test("a statement that was given up is an outage that its own size may have made", async () => {
  const error = await within("set local statement_timeout = 1", "select pg_sleep(60)");
  expect(classified(error)).toEqual({
    outage: true,
    timeout: true,
    locked: false,
    code: "UNAVAILABLE",
  });
});

test("a server that is not there is an outage", async () => {
  const { href } = Object.assign(new URL(database.url), { port: "1" });
  await using db = openDb(href, 1);
  expect(classified(await errorOf(db.sql`select 1`))).toEqual({
    outage: true,
    timeout: false,
    locked: false,
    code: "UNAVAILABLE",
  });
});

test("a statement that gave way to a lock is no outage, and may be tried again", async () => {
  const lock = (sql: Sql) => sql`lock table signalbox.projects in access exclusive mode`;
  const error = await database.db.sql.begin(async (holder) => {
    await lock(holder);
    return within("set local lock_timeout = 1", "lock table signalbox.projects");
  });
  expect(classified(error)).toEqual({
    outage: false,
    timeout: false,
    locked: true,
    code: "UNAVAILABLE",
  });
});

test("a statement that is wrong, and a file that is missing, are the hub's own fault", async () => {
  const missing = Object.assign(new Error("no such file"), { code: "ENOENT", syscall: "open" });
  for (const error of [await within("select 1 / 0"), missing]) {
    expect(classified(error)).toEqual({
      outage: false,
      timeout: false,
      locked: false,
      code: "INTERNAL_SERVER_ERROR",
    });
  }
});
