import type { Db } from "../db/connection/client.ts";
import type { HookQueue } from "../db/queue/jobs.ts";
import { createPartitions } from "../db/retention/createPartitions.ts";
import { withMaintenanceSession } from "../db/retention/maintenanceSession.ts";
import { createEmitInTransaction } from "../domain/emit/emitInTransaction.ts";
import type { FollowUp } from "../domain/event/followUp.ts";
import type { TenantPrograms } from "../domain/program/tenantPrograms.ts";
import type { ProjectConfigs } from "../domain/project/projectConfig.ts";
import type { SecretBox } from "../domain/project/secretBox.ts";
import { createRunAdvancer } from "../domain/workflowRun/workflowRun.ts";
import type { Logger } from "../log.ts";
import type { Poster } from "../outbound/call/post.ts";
import { newId } from "../util/ids.ts";
import { createHookCaller } from "./auth/hookCaller.ts";
import { createDeliverer, type Deliverer, type DelivererOptions } from "./delivery/deliverer.ts";
import { createPeers } from "./delivery/peers.ts";
import { startCounting } from "./job/counting.ts";
import { createDispatcher, type Dispatcher } from "./job/dispatcher.ts";
import { createHandshaker } from "./job/handshaker.ts";
import { createPresser, type Presser } from "./job/presser.ts";
import { createReplayTurns } from "./job/replayTurns.ts";
import { startRunner } from "./job/runner.ts";
import { createRunTurns } from "./job/runTurns.ts";
import { createScheduleRuns } from "./job/scheduleRuns.ts";
import { type OnFeed, startScheduler } from "./job/scheduler.ts";
import { createTasks, crontab } from "./job/tasks.ts";
import { startLiveness } from "./liveness.ts";
import { startReconciler } from "./reconciler.ts";

/** How long attempts in flight may run when the process stops; the whole stop takes at most 30 s. */
const GRACE_MS = 20_000;

export type WorkerRole = AsyncDisposable &
  Pick<Deliverer, "wake" | "reserve"> &
  Pick<Dispatcher, "dispatch"> &
  Pick<Presser, "press"> & {
    /** Starts the stop; disposing waits for it. */
    beginStop(): void;
  };

/** Messages between processes. */
type Wakes = {
  onHint: OnFeed;
  announce: () => void;
  ask: (queues: HookQueue[]) => void;
  onAsked: (listener: (queues: HookQueue[]) => void) => () => void;
};

/** Starts everything that runs in the background: jobs, schedules, deliveries, liveness, the reconciler. */
export async function startWorker(options: {
  db: Db;
  configs: ProjectConfigs;
  programs: TenantPrograms;
  poster: Poster;
  box: SecretBox;
  /** The host name of this hub, which handshakes contain. */
  origin: () => string;
  retentionDays: number;
  log: Logger;
  wake: Wakes;
  onAttempt: DelivererOptions["onAttempt"];
  onDelivered: DelivererOptions["onDelivered"];
  /** Receives the number of events that a schedule emitted. */
  onEmitted: (events: number) => void;
  /** Called when jobs no longer run, and the process should end. */
  onLost: (error: unknown) => void;
}): Promise<WorkerRole> {
  const {
    db,
    configs,
    programs,
    poster,
    box,
    origin,
    retentionDays,
    log,
    wake,
    onAttempt,
    onDelivered,
    onEmitted,
    onLost,
  } = options;
  // Before anything is written: no hub may have run for months.
  await withMaintenanceSession(db.url, (session) => createPartitions(session, retentionDays));
  const workerId = newId();
  const peers = createPeers(workerId);
  const caller = createHookCaller(poster);
  const parts = { sql: db.sql, configs, programs, workerId, caller, box, origin, log, onAttempt };
  const followUp = ({ projectId, queues, staged }: FollowUp) => {
    deliverer.wake(queues);
    if (staged.length > 0) dispatcher.dispatch(projectId, staged);
  };
  const deliverer = createDeliverer({
    ...parts,
    onNext: followUp,
    peers,
    onDelivered,
    askPeers: wake.ask,
    onFinished: wake.announce,
    onSteps: (projectId, runIds) => runTurns.add(projectId, runIds),
  });
  const dispatcher = createDispatcher({
    ...parts,
    reserve: deliverer.reserve,
    onNext: followUp,
  });
  const emitInTransaction = createEmitInTransaction(db.sql, configs, programs, {
    deliversHere: true,
    onAccepted({ events, ...next }) {
      onEmitted(events);
      followUp(next);
      wake.announce();
    },
    onWaiting() {},
    onOverload() {},
  });
  const runs = createScheduleRuns({ sql: db.sql, emitInTransaction, log });
  const presser = createPresser({ ...parts, poster, onNext: followUp });
  const handshaker = createHandshaker(parts);
  const advanceRuns = createRunAdvancer({ sql: db.sql, box, templates: programs.templates });
  const runTurns = createRunTurns({ advanceRuns, onDue: deliverer.wake, log });
  const replayTurns = createReplayTurns({ sql: db.sql, log });
  const alive = Promise.withResolvers<void>();
  const tasks = createTasks({
    db,
    log,
    deliverer,
    dispatcher,
    runTurns,
    replayTurns,
    handshaker,
    presser,
    retentionDays,
    alive: alive.promise,
  });
  const runner = await startRunner({ db, tasks, crontab, log, onLost });
  // Stopped in reverse order: first schedules and new jobs, then attempts in flight, and last the liveness lock.
  await using stack = new AsyncDisposableStack();
  stack.use(await startLiveness(db, workerId, runner.poolId, log, peers.see));
  alive.resolve();
  stack.use(startCounting(db.sql, log, wake.onHint));
  stack.use(startReconciler(db, log, { onFeed: wake.onHint, onJobsDue: runner.look }));
  stack.defer(() => handshaker.stop());
  stack.defer(async () => {
    await Promise.all([deliverer.stop(GRACE_MS), presser.stop(GRACE_MS)]);
  });
  stack.defer(async () => {
    await Promise.all([dispatcher.stop(), runTurns.stop(), replayTurns.stop()]);
  });
  stack.use(runner);
  stack.defer(runs.stop);
  stack.use(startScheduler({ sql: db.sql, dispatcher, runs, onFeed: wake.onHint, log }));
  stack.defer(wake.onAsked(deliverer.wakeAsked));
  const owned = stack.move();
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= owned.disposeAsync();
    return stopping;
  };
  return {
    wake: deliverer.wake,
    reserve: deliverer.reserve,
    dispatch: dispatcher.dispatch,
    press: presser.press,
    beginStop: () => void stop().catch(() => {}),
    [Symbol.asyncDispose]: stop,
  };
}
