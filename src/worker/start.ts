import type { Db } from "../db/client.ts";
import { newId } from "../domain/ids.ts";
import type { ProjectConfigs } from "../domain/projectConfig.ts";
import type { SecretBox } from "../domain/secretBox.ts";
import type { Logger } from "../log.ts";
import type { Poster } from "../outbound/post.ts";
import { createDeliverer, type Deliverer, type DelivererOptions } from "./deliverer.ts";
import { startLiveness } from "./liveness.ts";
import { startReconciler } from "./reconciler.ts";
import { startRunner } from "./runner.ts";
import { startScheduler } from "./scheduler.ts";
import { createTasks, crontab } from "./tasks.ts";

/** How long attempts in flight may go on when the process is to stop; the whole stop takes at most 30 s. */
const GRACE_MS = 20_000;

export type WorkerRole = AsyncDisposable &
  Pick<Deliverer, "wake"> & {
    /** Starts the stop that disposing waits for. */
    beginStop(): void;
  };

/** Starts everything that happens later: jobs, schedules, deliveries, liveness, the reconciler. */
export async function startWorker(options: {
  db: Db;
  configs: ProjectConfigs;
  poster: Poster;
  box: SecretBox;
  retentionDays: number;
  log: Logger;
  onAttempt: DelivererOptions["onAttempt"];
  /** Told when jobs are not run any more, and the process had better end. */
  onLost: (error: unknown) => void;
}): Promise<WorkerRole> {
  const { db, configs, poster, box, retentionDays, log, onAttempt, onLost } = options;
  const workerId = newId();
  const deliverer = createDeliverer({ sql: db.sql, workerId, poster, box, log, onAttempt });
  const alive = Promise.withResolvers<void>();
  const tasks = createTasks({
    sql: db.sql,
    configs,
    deliverer,
    retentionDays,
    alive: alive.promise,
  });
  const runner = await startRunner({ url: db.url, tasks, crontab, log, onLost });
  // Stopped in reverse: nothing scheduled, no new jobs, then attempts in flight end, and only then is the sign of life taken down.
  await using stack = new AsyncDisposableStack();
  stack.use(await startLiveness(db, workerId, runner.poolId, log));
  alive.resolve();
  stack.use(startReconciler(db, log));
  stack.defer(() => deliverer.stop(GRACE_MS));
  stack.use(runner);
  stack.use(startScheduler({ sql: db.sql, configs, deliverer, log }));
  const owned = stack.move();
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= owned.disposeAsync();
    return stopping;
  };
  return {
    wake: deliverer.wake,
    beginStop: () => void stop().catch(() => {}),
    [Symbol.asyncDispose]: stop,
  };
}
