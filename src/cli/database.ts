import type { Config } from "../config/config.ts";
import { type Db, openDb } from "../db/connection/client.ts";
import { findRunning, startEmbedded } from "../db/embedded/start.ts";
import { migrate } from "../db/schema/migrate.ts";
import { createLogger } from "../log.ts";

/**
 * Does `work` on the hub's database, migrated: SIGNALBOX_DIRECT_URL's or DATABASE_URL's, else the embedded one of a hub that runs, else the
 * embedded one started for the moment. Throws DatabaseRefusal.
 */
export async function withDatabase<T>(
  settings: Pick<Config, "databaseUrl" | "directUrl" | "dataDir" | "logLevel">,
  work: (db: Db) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack();
  const { directUrl, databaseUrl } = settings;
  const setting = directUrl ? "SIGNALBOX_DIRECT_URL" : "DATABASE_URL";
  const running = directUrl ?? databaseUrl ?? (await findRunning(settings.dataDir));
  const url = running ?? stack.use(await startForTheMoment(settings)).url;
  await migrate({ url, setting });
  const db = stack.use(openDb(url, 1));
  return await work(db);
}

const startForTheMoment = ({ dataDir, logLevel }: Pick<Config, "dataDir" | "logLevel">) =>
  startEmbedded({ dataDir, log: createLogger(logLevel) });
