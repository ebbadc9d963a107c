import { setMaxListeners } from "node:events";
import type { Pool } from "../../db/connection/client.ts";
import type { Claim } from "../../db/delivery/claim.ts";
import type { AttemptOutcome } from "../../db/delivery/deliveries.ts";
import { handBack } from "../../db/delivery/reclaim.ts";
import type { HookQueue } from "../../db/queue/jobs.ts";
import { type AttemptRequest, decideOutcome, requestOf } from "../../domain/delivery/delivery.ts";
import type { Reserve } from "../../domain/emit/emitWrite.ts";
import type { InPlace } from "../../domain/event/systemEvent.ts";
import type { ProjectConfigs } from "../../domain/project/projectConfig.ts";
import type { SecretBox } from "../../domain/project/secretBox.ts";
import { openSigningKeys } from "../../domain/project/signingSecret.ts";
import { openStepRequest, stepRequestOf } from "../../domain/workflowRun/stepRequest.ts";
import type { Logger } from "../../log.ts";
import type { Poster } from "../../outbound/call/post.ts";
import { createAsking } from "./asking.ts";
import { createClaimLoop } from "./claimLoop.ts";
import { createFinisher } from "./finisher.ts";
import { createHandOver } from "./handOver.ts";
import { createHookQueues } from "./hookQueues.ts";
import type { Peers } from "./peers.ts";
import { postponed } from "./shortage.ts";
import type { Started } from "./started.ts";
import { createTargets } from "./targets.ts";

export type DelivererOptions = {
  sql: Pool;
  configs: ProjectConfigs;
  programs: InPlace;
  workerId: string;
  peers: Peers;
  poster: Poster;
  box: SecretBox;
  /** The host this hub is known by: some deliveries say it. */
  origin: () => string;
  log: Logger;
  onAttempt: (attempt: { outcome: AttemptOutcome; elapsedMs: number }) => void;
  /** Told after each commit that there is something new in the feed. */
  onFinished: () => void;
  /** Told of the runs whose steps have ended. */
  onSteps: (projectId: string, runIds: string[]) => void;
  /** Asks other workers to look at these hooks' queues. */
  askPeers: (queues: HookQueue[]) => void;
};

export type Deliverer = AsyncDisposable & {
  /** Looks at hooks' queues that may have something due. */
  wake(queues: HookQueue[]): void;
  /** The same because another process has more than its share of them. */
  wakeAsked(queues: HookQueue[]): void;
  /** Keeps slots for deliveries that are being accepted. */
  reserve: Reserve;
  /** Claims no more; waits for attempts in flight, and ends them after `graceMs`. */
  stop(graceMs: number): Promise<void>;
};

/** An answer that takes longer holds up its hook's queue, and is to hold up no other. */
const SLOW_MS = 1_000;

/**
 * The delivery engine of one process. What it accepts and has free slots for it sends at once; hooks' queues that may
 * have more due are claimed in batches, oldest delivery first, as slots come free. Attempts are made concurrently and
 * finished in micro-batches. A job is only a wake-up: the reconciler finds what a dead process knew.
 */
export function createDeliverer(options: DelivererOptions): Deliverer {
  const { sql, peers, poster, box, origin, log, onAttempt } = options;
  const targets = createTargets(sql, box);
  const ask = createAsking(options.askPeers);
  const shareOf = (hookId: string) =>
    peers.shareOf(hookId, targets.last(hookId)?.hook.maxInFlight ?? Number.POSITIVE_INFINITY);
  const queues = createHookQueues(pump, shareOf, ask);
  const finish = createFinisher({ ...options, onDue: wake });
  const stopping = new AbortController();
  const { signal } = stopping;
  setMaxListeners(0, signal);
  const running = new Set<Promise<void>>();
  let stopped = false;
  const parts = { ...options, queues, targets, start, track, ask, isStopped: () => stopped };
  const loop = createClaimLoop(parts);
  const handOver = createHandOver({ ...parts, loop });

  function pump() {
    loop.pump();
  }

  function track(work: Promise<void>) {
    running.add(work);
    void work.finally(() => running.delete(work));
  }

  function start(started: Started) {
    track(
      attempt(started).catch((error) =>
        // The claim runs out, and the delivery is tried again or, the third time, quarantined.
        log.error(
          { err: error, deliveryId: started.claimed.deliveryId },
          "an attempt failed inside the hub",
        ),
      ),
    );
  }

  /** What is to be sent, and what may be told of it. A workflow's steps are signed with the project's secret. */
  async function stepRequest(claimed: Extract<Claim, { format: "STEP" }>): Promise<AttemptRequest> {
    const request = openStepRequest(box, claimed, claimed.request);
    return stepRequestOf(claimed, request, await openSigningKeys({ sql, box }, claimed.projectId));
  }

  async function attempt({ queue, target, claimed, leave, onStored }: Started) {
    let isWell = false;
    let request: AttemptRequest;
    let result: Awaited<ReturnType<Poster["post"]>>;
    loop.hold();
    try {
      try {
        request =
          claimed.format === "STEP"
            ? await stepRequest(claimed)
            : requestOf(claimed, target, target.credentials(), origin());
        result = await poster.post({ ...request, holder: claimed.projectId, signal });
        isWell = result.statusCode !== null && result.elapsedMs < SLOW_MS;
      } catch (error) {
        const back = (waitMs: number) => handBack(sql, claimed, waitMs);
        // No fault of the queue's.
        isWell = queue.failures === 0;
        return queues.enqueueAfter(queue, await postponed(error, back, { log, stopping: signal }));
      } finally {
        // The slot is free as soon as the call is over: what follows is the database's business.
        leave(isWell);
        pump();
      }
      onAttempt(result);
      const interrupted = signal.aborted && result.statusCode === null;
      const finished = decideOutcome(claimed, target, request, result, interrupted);
      const moved = await finish(finished);
      if (moved?.status === "RETRYING") queues.enqueueAfter(queue, finished.delayMs ?? 0);
    } finally {
      loop.release();
      // Not before its result is stored: what kills this process next would be laid at its door, too.
      onStored?.();
      pump();
    }
  }

  function wake(hungry: HookQueue[]) {
    if (stopped) return;
    queues.enqueue(hungry);
    pump();
  }

  function wakeAsked(hungry: HookQueue[]) {
    if (stopped) return;
    queues.enqueue(hungry, true);
    pump();
  }

  async function stop(graceMs: number) {
    stopped = true;
    queues.close();
    const timer = setTimeout(() => stopping.abort(), graceMs);
    while (running.size > 0) await Promise.allSettled(running);
    clearTimeout(timer);
  }

  return {
    wake,
    wakeAsked,
    reserve: handOver,
    stop,
    [Symbol.asyncDispose]: () => stop(0),
  };
}
