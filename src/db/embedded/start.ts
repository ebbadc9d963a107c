import { access, constants, mkdir, realpath } from "node:fs/promises";
import { DatabaseRefusal } from "../connection/refusal.ts";
import { openCluster } from "./cluster.ts";
import { readConnection, removeConnection, saveConnection } from "./connection.ts";
import { freePort } from "./freePort.ts";
import { keepRunning, type Log } from "./keepRunning.ts";
import { lockDirectory } from "./lock.ts";

/** A PostgreSQL that runs until disposed of, and never longer than this process. */
export type EmbeddedDatabase = { url: string } & AsyncDisposable;

/** How long another process that tests the lock may delay a start, in milliseconds. */
const PATIENCE_MS = 500;

/**
 * Starts PostgreSQL on a data directory, which the first start creates. `onBegun` is called once its process runs, before
 * it is ready. Throws DatabaseRefusal if another hub runs there or PostgreSQL cannot start.
 */
export async function startEmbedded(input: {
  dataDir: string;
  log: Log;
  onBegun?: () => void;
}): Promise<EmbeddedDatabase> {
  const dataDir = await makeDirectory(input.dataDir);
  const lock = await lockDirectory(dataDir, PATIENCE_MS);
  if (!lock) {
    const holder = (await readConnection(dataDir))?.pid ?? "unknown";
    throw new DatabaseRefusal(
      `Another Signalbox already runs on ${dataDir} (pid ${holder}): stop it, or set SIGNALBOX_DATA to another directory.`,
    );
  }
  await using started = new AsyncDisposableStack();
  started.use(lock);
  await saveConnection(dataDir, { pid: process.pid });
  started.defer(() => removeConnection(dataDir));
  const cluster = await openCluster(dataDir);
  const port = await freePort();
  started.use(await keepRunning(cluster, port, input.log, input.onBegun));
  const url = `postgres://${cluster.user}:${cluster.password}@127.0.0.1:${port}/postgres?sslmode=disable`;
  await saveConnection(dataDir, { pid: process.pid, url });
  const lifetime = started.move();
  return { url, [Symbol.asyncDispose]: () => lifetime.disposeAsync() };
}

/** The URL of the embedded database of a hub that is running on this data directory, for other processes. */
export async function findRunning(dataDir: string): Promise<string | undefined> {
  const connection = await readConnection(dataDir);
  if (!connection) return undefined;
  using lock = await lockDirectory(dataDir);
  // If the lock is free, the hub was killed and left the file.
  return lock ? undefined : connection.url;
}

async function makeDirectory(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return await realpath(path);
  } catch (error) {
    const { message } = error as Error;
    throw new DatabaseRefusal(
      `The data directory cannot be used (${message}): set SIGNALBOX_DATA to another.`,
    );
  }
}
