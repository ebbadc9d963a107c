import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openDb, openSession } from "../../../src/db/connection/client.ts";
import { startEmbedded } from "../../../src/db/embedded/start.ts";
import { until } from "./until.ts";

/** The PostgreSQL of a run: real, of its own, and killed now and then. */
export type Server = AsyncDisposable & {
  url: string;
  /** The URL of a new and empty database on it. */
  createDatabase(): Promise<string>;
  /** Ends the whole server; settles when it accepts connections again, which its keeper sees to. */
  kill(signal: NodeJS.Signals): Promise<void>;
};

const silent = { info: () => {}, warn: () => {}, error: () => {} };
const BACK_WITHIN_MS = 60_000;

export async function startServer(dataDir: string): Promise<Server> {
  const embedded = await startEmbedded({ dataDir, log: silent });
  const postmaster = async () =>
    Number.parseInt(await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8"), 10);
  async function accepts() {
    await using db = openDb(embedded.url, 1);
    return (await db.sql`select 1`.catch(() => [])).length === 1;
  }
  return {
    url: embedded.url,
    async createDatabase() {
      const name = `torture_${randomUUID()}`;
      const sql = openSession(embedded.url);
      await sql`create database ${sql(name)} template template0`;
      await sql.end();
      return Object.assign(new URL(embedded.url), { pathname: `/${name}` }).href;
    },
    async kill(signal) {
      const killed = await postmaster();
      process.kill(killed, signal);
      const isAnother = async () => (await postmaster().catch(() => killed)) !== killed;
      await until("PostgreSQL starts again", isAnother, BACK_WITHIN_MS);
      await until("PostgreSQL accepts connections", accepts, BACK_WITHIN_MS);
    },
    [Symbol.asyncDispose]: () => embedded[Symbol.asyncDispose](),
  };
}
