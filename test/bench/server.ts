import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openSession, type Pool } from "../../src/db/connection/client.ts";
import { startEmbedded } from "../../src/db/embedded/start.ts";
import { createLogger } from "../../src/log.ts";
import { testKey } from "../fixtures/hub.ts";
import type { HubOptions } from "./hubProcess.ts";
import { ownDirectory } from "./ownDirectory.ts";

export type BenchServer = AsyncDisposable & {
  /** Of the postmaster; its children are below it. */
  readonly pid: number;
  /** Of its first database. */
  readonly url: string;
  /** A session of its superuser, without a limit of time. */
  readonly sql: Pool;
  /** What the server has logged. */
  readonly log: string;
  /** The address of a new database with nothing in it. */
  newDatabase(): Promise<string>;
  /** A session on one of its databases, without a limit of time. */
  session(url: string): Promise<Pool>;
  /** The settings of a hub on one of its databases. */
  hubOn(url: string, roles?: string): HubOptions;
};

/** What the hub's own server has not: it counts what each statement costs. */
const MORE = { shared_preload_libraries: "pg_stat_statements", track_io_timing: "on" };

/** A session without a limit of time, which finds extensions by their names. */
export async function unlimited(url: string): Promise<Pool> {
  const sql = openSession(url);
  await sql`set statement_timeout = 0`;
  await sql`set search_path = public`;
  return sql;
}

/**
 * The embedded PostgreSQL with the hub's own settings, for processes that share it. What is set beside them is kept in
 * the cluster's own file, so that the hub's code needs no door for it.
 */
export async function startServer(): Promise<BenchServer> {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await ownDirectory());
  const input = { dataDir: directory.path, log: createLogger("warn") };
  {
    await using first = await startEmbedded(input);
    await using sql = closing(await unlimited(first.url));
    for (const [name, value] of Object.entries(MORE))
      await sql.it.unsafe(`alter system set ${name} = ${value}`);
  }
  const { url } = stack.use(await startEmbedded(input));
  const sql = await unlimited(url);
  stack.defer(() => sql.end());
  await sql`create extension pg_stat_statements`;
  const pidFile = join(directory.path, "postgres", "postmaster.pid");
  const pid = Number.parseInt(await readFile(pidFile, "utf8"), 10);
  const owned = stack.move();
  const shared = {
    SIGNALBOX_SECRET_KEY: randomBytes(32).toString("base64"),
    SIGNALBOX_ADMIN_KEY: testKey(),
    SIGNALBOX_ALLOW_TARGETS: "127.0.0.0/8,::1/128",
  };
  let databases = 0;
  return {
    pid,
    url,
    sql,
    log: join(directory.path, "postgres.log"),
    async newDatabase() {
      const name = `bench_${++databases}`;
      await sql`create database ${sql(name)}`;
      return Object.assign(new URL(url), { pathname: `/${name}` }).href;
    },
    session: unlimited,
    hubOn: (database, roles = "api,worker") => ({
      env: { ...shared, DATABASE_URL: database, SIGNALBOX_ROLES: roles },
    }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A session that ends with its block. */
export const closing = (it: Pool): { it: Pool } & AsyncDisposable => ({
  it,
  [Symbol.asyncDispose]: () => it.end(),
});
