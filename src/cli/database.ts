import type { Config } from "../config.ts";
import { type Db, openDb } from "../db/client.ts";
import { findRunning, startEmbedded } from "../db/embedded.ts";
import { migrate } from "../db/migrate.ts";
import { createLogger } from "../log.ts";

/**
 * Does `work` on the hub's database, migrated: DATABASE_URL's, else the embedded one of a hub that runs, else the
 * embedded one started for the moment. Throws DatabaseRefusal.
 */
export async function withDatabase<T>(
  settings: Pick<Config, "databaseUrl" | "dataDir" | "logLevel">,
  work: (db: Db) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack();
  const running = settings.databaseUrl ?? (await findRunning(settings.dataDir));
  const url = running ?? stack.use(await startForTheMoment(settings)).url;
  await migrate({ url });
  const db = stack.use(openDb(url, 1));
  return await work(db);
}

const startForTheMoment = ({ dataDir, logLevel }: Pick<Config, "dataDir" | "logLevel">) =>
  startEmbedded({ dataDir, log: createLogger(logLevel) });
