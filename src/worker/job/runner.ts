import { EventEmitter } from "node:events";
import {
  parseCrontab,
  type Runner,
  run,
  type TaskList,
  Logger as WorkerLogger,
  type WorkerPool,
} from "graphile-worker";
import type pg from "pg";
import type { Db } from "../../db/connection/client.ts";
import { openJobPool } from "../../db/queue/jobPool.ts";
import type { Logger } from "../../log.ts";

type JobRunner = AsyncDisposable & {
  /** The pool id under which graphile-worker locks jobs. */
  poolId: string;
  /** Makes it look for jobs now. */
  look(): void;
  stop(): Promise<void>;
};

const CONCURRENCY = 4;
/** No polling: each of the four workers would poll. The reconciler's look serves all of them and triggers `look`. */
const POLL_MS = 300_000;
const IDLE_POOL_MS = 5_000;

/** Logs graphile-worker's info at debug, and its errors as warnings: it retries by itself. */
const workerLogger = (log: Logger) =>
  new WorkerLogger(() => (level, message) => {
    if (level === "error" || level === "warning") log.warn({ from: "graphile-worker" }, message);
    else log.debug({ from: "graphile-worker" }, message);
  });

/** Waits until no connection is in use: graphile-worker's own stop does not await job completions. */
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
 * Runs graphile-worker with its own small `pg` pool. No local queue, no named queues, no batched completion: each of
 * these leaves jobs locked for hours after a crash.
 */
export async function startRunner(options: {
  db: Db;
  tasks: TaskList;
  crontab: string;
  log: Logger;
  onLost: (error: unknown) => void;
}): Promise<JobRunner> {
  const { db, tasks, crontab, log, onLost } = options;
  const pool = await openJobPool(db.url, CONCURRENCY + 2, (error) =>
    log.warn({ err: error }, "a job connection was lost"),
  );
  const events = new EventEmitter();
  // Wrapped in an object: graphile-worker's promise would be awaited on return.
  const created = new Promise<{ workers: WorkerPool }>((resolve) => {
    events.once("pool:create", ({ workerPool: workers }: { workerPool: WorkerPool }) =>
      resolve({ workers }),
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
  const { workers } = await created;
  let stopping = false;
  const ended = (error: unknown) => {
    if (stopping) return;
    stopping = true;
    onLost(error);
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
  const look = () => {
    if (!stopping) workers.nudge(CONCURRENCY);
  };
  return { poolId: workers.id, look, stop, [Symbol.asyncDispose]: stop };
}
