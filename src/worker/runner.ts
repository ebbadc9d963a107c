import { EventEmitter } from "node:events";
import {
  parseCrontab,
  type Runner,
  run,
  type TaskList,
  Logger as WorkerLogger,
} from "graphile-worker";
import pg from "pg";
import { connectionSettings } from "../db/client.ts";
import type { Logger } from "../log.ts";

export type JobRunner = AsyncDisposable & {
  /** graphile-worker locks jobs under this. */
  poolId: string;
  stop(): Promise<void>;
};

const CONCURRENCY = 4;
const POLL_MS = 2_000;
const IDLE_POOL_MS = 5_000;

/** graphile-worker's chatter at debug; its errors as warnings, because it tries again by itself. */
const workerLogger = (log: Logger) =>
  new WorkerLogger(() => (level, message) => {
    if (level === "error" || level === "warning") log.warn({ from: "graphile-worker" }, message);
    else log.debug({ from: "graphile-worker" }, message);
  });

/** Waits until no connection is in use: job completions are not awaited by graphile-worker's own stop. */
async function poolIdle(pool: pg.Pool): Promise<void> {
  const deadline = performance.now() + IDLE_POOL_MS;
  while (
    (pool.waitingCount > 0 || pool.idleCount < pool.totalCount) &&
    performance.now() < deadline
  ) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/**
 * Runs graphile-worker with its own small `pg` pool. No local queue, no named queues, no batched completion: each
 * leaves jobs locked for hours after a crash (reliability.md, facts 1–5).
 */
export async function startRunner(options: {
  url: string;
  tasks: TaskList;
  crontab: string;
  log: Logger;
  onLost: (error: unknown) => void;
}): Promise<JobRunner> {
  const { url, tasks, crontab, log, onLost } = options;
  const settings = Object.entries(connectionSettings).map(([name, value]) => `-c ${name}=${value}`);
  const pool = new pg.Pool({
    connectionString: url,
    max: CONCURRENCY + 2,
    options: settings.join(" "),
  });
  const onError = (error: Error) => log.warn({ err: error }, "a job connection was lost");
  pool.on("error", onError);
  pool.on("connect", (client) => client.on("error", onError));
  const events = new EventEmitter();
  const poolId = new Promise<string>((resolve) => {
    events.once("pool:create", ({ workerPool }: { workerPool: { id: string } }) =>
      resolve(workerPool.id),
    );
  });
  const runner: Runner = await run({
    pgPool: pool,
    taskList: tasks,
    parsedCronItems: parseCrontab(crontab),
    concurrency: CONCURRENCY,
    pollInterval: POLL_MS,
    noHandleSignals: true,
    logger: workerLogger(log),
    events,
  });
  let stopping = false;
  const ended = (error: unknown) => {
    if (!stopping) onLost(error);
  };
  runner.promise.then(() => ended(new Error("the job runner stopped by itself")), ended);

  async function stop() {
    stopping = true;
    await runner
      .stop()
      .catch((error) => log.warn({ err: error }, "the job runner did not stop cleanly"));
    await poolIdle(pool);
    await pool.end();
  }
  return { poolId: await poolId, stop, [Symbol.asyncDispose]: stop };
}
