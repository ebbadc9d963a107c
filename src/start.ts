import module from "node:module";
import { banner } from "./banner.ts";
import { type Config, ConfigError, readConfig, unknownSettings } from "./config/config.ts";
import { isOutage } from "./db/connection/outage.ts";
import { DatabaseRefusal } from "./db/connection/refusal.ts";
import { waitForServer } from "./db/connection/waitForServer.ts";
import { startEmbedded } from "./db/embedded/start.ts";
import { WrongSecretKey } from "./domain/project/keyCheckValue.ts";
import { ListenError } from "./http/server.ts";
import type { RunningHub } from "./hub.ts";
import { createLogger, type Logger } from "./log.ts";

/** The whole stop takes at most this long; a second signal (npm passes on what the terminal sent) changes nothing. */
const STOP_MS = 30_000;

type StartOptions = { waitForDatabaseMs: number };

/** Errors that the operator can fix. */
const isForTheOperator = (error: unknown): error is Error =>
  error instanceof ConfigError ||
  error instanceof DatabaseRefusal ||
  error instanceof WrongSecretKey ||
  error instanceof ListenError;

/**
 * Ends the process in order on SIGTERM and SIGINT: exit code 0 within 30 s, or 1 when something hangs. A hub that is not
 * up yet has nothing to end in order.
 */
function stopOnSignals(log: Logger) {
  let hub: RunningHub | undefined;
  let stopping = false;
  const stop = async (reason: string, exitCode: number) => {
    if (stopping) return;
    stopping = true;
    log.info(`stopping: ${reason}`);
    setTimeout(() => {
      log.error("could not stop in time");
      process.exit(1);
    }, STOP_MS).unref();
    try {
      await hub?.[Symbol.asyncDispose]();
    } catch (error) {
      log.error({ err: error }, "could not stop cleanly");
      process.exit(1);
    }
    log.info("stopped");
    process.exit(exitCode);
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"])
    process.on(signal, () => void stop(signal, 0));
  return {
    stop,
    isUp: (running: RunningHub) => {
      hub = running;
    },
  };
}

/** Loads the hub, which takes as long as PostgreSQL needs to start: that goes on meanwhile. */
async function loadHub({ databaseUrl, dataDir }: Config, log: Logger) {
  const begun = Promise.withResolvers<void>();
  const starting =
    databaseUrl === undefined
      ? startEmbedded({ dataDir, log, onBegun: begun.resolve })
      : Promise.resolve(undefined);
  await Promise.race([begun.promise, starting]);
  const [{ startHub }, embedded] = await Promise.all([import("./hub.ts"), starting]);
  return { startHub, embedded };
}

async function run(options: StartOptions) {
  const config = readConfig();
  const log = createLogger(config.logLevel);
  for (const { name, nearest } of unknownSettings())
    log.warn(`${name} is no setting and has no effect: is ${nearest} meant?`);
  const { stop, isUp } = stopOnSignals(log);
  process.on("unhandledRejection", (error) => {
    // Libraries leave some errors of a lost database connection unhandled, and reconnect by themselves.
    if (isOutage(error)) return log.warn({ err: error }, "the database was away");
    log.fatal({ err: error }, "a bug: nobody handled this error");
    void stop("a bug", 1);
  });
  const onLost = (error: unknown) => {
    log.fatal({ err: error }, "jobs are not run any more");
    void stop("jobs are not run any more", 1);
  };
  if (config.databaseUrl !== undefined)
    await waitForServer(
      config.directUrl === undefined
        ? { url: config.databaseUrl, setting: "DATABASE_URL" }
        : { url: config.directUrl, setting: "SIGNALBOX_DIRECT_URL" },
      options.waitForDatabaseMs,
      (why) => log.warn(`waiting for the database: ${why}`),
    );
  const { startHub, embedded } = await loadHub(config, log);
  const hub = await startHub(config, log, onLost, embedded);
  isUp(hub);
  process.stdout.write(`${banner(config, hub)}\n`);
  // Node.js would write it at a clean end alone; the next start has a third less to compute. Node.js 20 has none.
  module.flushCompileCache?.();
}

/** One sentence for a known error. Any other is a bug and is printed with its stack. */
function explain(error: unknown): string {
  if (isForTheOperator(error)) return error.message;
  if (isOutage(error)) return `The database was lost while Signalbox started: ${error.message}.`;
  return (error instanceof Error && error.stack) || String(error);
}

/** Runs a hub until a signal ends the process. */
export async function start(options: StartOptions): Promise<void> {
  try {
    await run(options);
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exit(1);
  }
}
