import { setMaxListeners } from "node:events";
import type { Pool } from "../../db/connection/client.ts";
import type { Claim } from "../../db/delivery/claim.ts";
import type { AttemptOutcome } from "../../db/delivery/deliveries.ts";
import { isPayload } from "../../db/delivery/eventBodies.ts";
import { handBack } from "../../db/delivery/reclaim.ts";
import type { HealthChange } from "../../db/hook/hookHealth.ts";
import type { HookQueue } from "../../db/queue/jobs.ts";
import {
  type AttemptRequest,
  type CallResult,
  decideOutcome,
  requestOf,
  unsent,
} from "../../domain/delivery/delivery.ts";
import { disableWornOut } from "../../domain/delivery/retire.ts";
import { sinceEmitMs } from "../../domain/delivery/sinceEmit.ts";
import type { Reserve } from "../../domain/emit/emitWrite.ts";
import type { FollowUp } from "../../domain/event/followUp.ts";
import type { InPlace } from "../../domain/event/systemEvent.ts";
import type { PayloadRunner } from "../../domain/payload/payloadRunner.ts";
import type { ProjectConfigs } from "../../domain/project/projectConfig.ts";
import type { SecretBox } from "../../domain/project/secretBox.ts";
import { openSigningKeys } from "../../domain/project/signingSecret.ts";
import { openStepRequest, stepRequestOf } from "../../domain/workflowRun/stepRequest.ts";
import type { Logger } from "../../log.ts";
import type { Poster } from "../../outbound/call/post.ts";
import { traceFields } from "../../util/traceContext.ts";
import { createAsking } from "./asking.ts";
import { endAttempt, startAttempt, withinSpan } from "./attemptSpan.ts";
import { createClaimLoop } from "./claimLoop.ts";
import { createFinisher } from "./finisher.ts";
import { createHandOver } from "./handOver.ts";
import { createHookQueues } from "./hookQueues.ts";
import { ownBody } from "./ownBody.ts";
import type { Peers } from "./peers.ts";
import { postponed } from "./shortage.ts";
import type { Started } from "./started.ts";
import { createTargets, type Target } from "./targets.ts";

export type DelivererOptions = {
  sql: Pool;
  configs: ProjectConfigs;
  programs: InPlace & { payloads: PayloadRunner };
  workerId: string;
  peers: Peers;
  poster: Poster;
  box: SecretBox;
  /** The host name of this hub, which some deliveries contain. */
  origin: () => string;
  log: Logger;
  onAttempt: (attempt: { outcome: AttemptOutcome; elapsedMs: number }) => void;
  /** Called with the milliseconds since its emit when an event was delivered. */
  onDelivered: (sinceEmitMs: number) => void;
  /** Called after each commit that added to the feed. */
  onFinished: () => void;
  /** Called with what is to be done next about system events. */
  onNext: (next: FollowUp) => void;
  /** Called with the runs whose steps have ended. */
  onSteps: (projectId: string, runIds: string[]) => void;
  askPeers: (queues: HookQueue[]) => void;
};

export type Deliverer = AsyncDisposable & {
  /** Looks at hooks' queues that may have something due. */
  wake(queues: HookQueue[]): void;
  /** The same, at the request of another worker. */
  wakeAsked(queues: HookQueue[]): void;
  /** Reserves slots for deliveries that are being accepted. */
  reserve: Reserve;
  /** Claims no more, waits for attempts in flight, and aborts them after `graceMs`. */
  stop(graceMs: number): Promise<void>;
};

type Sent = {
  request: Pick<AttemptRequest, "auditInfo" | "secretHeaders">;
  result: CallResult;
};

/** A slower answer counts as trouble: such a hook must not block others. */
const SLOW_MS = 1_000;

/**
 * The delivery engine of one process. Deliveries that it accepts while slots are free are sent at once. Hooks' queues
 * that may have more due are claimed in batches, oldest delivery first, as slots become free. Attempts run concurrently
 * and are finished in micro-batches. A job is only a wake-up: the reconciler finds what a dead process left.
 */
export function createDeliverer(options: DelivererOptions): Deliverer {
  const { sql, peers, poster, box, origin, log, onAttempt, onDelivered } = options;
  const targets = createTargets(sql, box);
  const ask = createAsking(options.askPeers);
  const shareOf = (hookId: string) =>
    peers.shareOf(hookId, targets.last(hookId)?.hook.maxInFlight ?? Number.POSITIVE_INFINITY);
  const queues = createHookQueues(pump, shareOf, ask);
  const finish = createFinisher({ ...options, onHealth });
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

  /** Wakes everybody once a hook may be sent to again; disables one that has failed for long enough. */
  function onHealth(
    projectId: string,
    { hookId, was, health, isDue }: HealthChange,
    causeId: string,
  ) {
    if (was === "OPEN" && health !== "OPEN") {
      const queue = { projectId, hookId };
      wakeAsked([queue]);
      ask(queue);
    }
    if (!isDue) return;
    const disabling = disableWornOut(options, projectId, hookId, causeId).then(
      (next) => {
        options.onFinished();
        options.onNext(next);
      },
      // The next failed attempt finds that it is due.
      (error) => log.warn({ err: error, hookId }, "a hook could not be disabled yet"),
    );
    track(disabling);
  }

  function track(work: Promise<void>) {
    running.add(work);
    void work.finally(() => running.delete(work));
  }

  function start(started: Started) {
    track(
      attempt(started).catch((error) =>
        // The lease expires, and the delivery is retried or, the third time, quarantined.
        log.error(
          {
            err: error,
            deliveryId: started.claimed.deliveryId,
            ...traceFields(started.claimed.event.trace),
          },
          "an attempt failed inside the hub",
        ),
      ),
    );
  }

  /** The request of a workflow's step, signed with the project's secret. */
  async function stepRequest(claimed: Extract<Claim, { format: "STEP" }>): Promise<AttemptRequest> {
    const request = openStepRequest(box, claimed, claimed.request);
    return stepRequestOf(claimed, request, await openSigningKeys({ sql, box }, claimed.projectId));
  }

  function tell(claimed: Claim, { outcome, statusCode, elapsedMs }: CallResult) {
    const sinceMs = outcome === "SUCCESS" ? sinceEmitMs(claimed, Date.now()) : null;
    if (sinceMs !== null) onDelivered(sinceMs);
    if (!log.isLevelEnabled("debug")) return;
    const { deliveryId, attempt, event } = claimed;
    const line = { deliveryId, attempt, outcome, statusCode, elapsedMs };
    log.debug({ ...line, ...traceFields(event.trace) }, "an attempt was made");
  }

  /** Makes the request of an attempt, and calls the target. */
  async function send(
    claimed: Claim,
    target: Target,
    span: ReturnType<typeof startAttempt>,
  ): Promise<Sent> {
    let request: AttemptRequest;
    if (claimed.format === "STEP") request = await stepRequest(claimed);
    else {
      const { format } = claimed;
      const own = isPayload(format) ? await ownBody(options, claimed, format, target) : undefined;
      if (typeof own === "string") return unsent(claimed, target, own);
      request = requestOf(claimed, target, target.credentials(), origin(), own);
    }
    request = withinSpan(span, request);
    return {
      request,
      result: await poster.post({ ...request, holder: claimed.projectId, signal }),
    };
  }

  async function attempt({ queue, target, claimed, leave, onStored }: Started) {
    let isWell = false;
    let sent: Sent;
    const span = startAttempt(claimed);
    loop.hold();
    try {
      try {
        sent = await send(claimed, target, span);
        isWell = sent.result.statusCode !== null && sent.result.elapsedMs < SLOW_MS;
      } catch (error) {
        span?.end("postponed");
        const back = (waitMs: number) => handBack(sql, claimed, waitMs);
        // Not the target's fault.
        isWell = queue.failures === 0;
        return queues.enqueueAfter(queue, await postponed(error, back, { log, stopping: signal }));
      } finally {
        // The slot is free once the call is over: storing the result does not need it.
        leave(isWell);
        pump();
      }
      const { request, result } = sent;
      onAttempt(result);
      endAttempt(span, result);
      tell(claimed, result);
      const interrupted = signal.aborted && result.statusCode === null;
      const finished = decideOutcome(claimed, target, request, result, interrupted);
      const moved = await finish(finished);
      if (moved?.status === "RETRYING") queues.enqueueAfter(queue, finished.delayMs ?? 0);
      if (moved?.released) queues.enqueue([queue]);
    } finally {
      loop.release();
      // Only once its result is stored: until then a crash of this process would still be blamed on it.
      onStored?.();
      pump();
    }
  }

  function wake(waiting: HookQueue[]) {
    if (stopped) return;
    queues.enqueue(waiting);
    pump();
  }

  function wakeAsked(waiting: HookQueue[]) {
    if (stopped) return;
    queues.enqueue(waiting, true);
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
