import { randomUUID } from "node:crypto";
import { type Claim, claim, type QueueState } from "../../db/delivery/claim.ts";
import type { HookQueue } from "../../db/queue/jobs.ts";
import { claimLimits } from "../../domain/delivery/claimLimits.ts";
import { giveBackUntilDone } from "./giveBack.ts";
import type { ClaimSlot, QueueEntry } from "./hookQueues.ts";
import { createIsolation } from "./isolation.ts";
import type { DelivererParts } from "./parts.ts";
import type { Target } from "./targets.ts";

export type ClaimLoop = {
  /** Claims for the queues whose turn it is, while slots are free. */
  pump(): void;
  /** Counts an attempt whose result is not stored yet, until `release`. */
  hold(): void;
  release(): void;
  /** Whether deliveries may be taken without a claim statement. */
  mayTake(): boolean;
};

type Parts = DelivererParts & {
  /** Asks other workers to look at a queue, too. */
  ask: (queue: HookQueue) => void;
};

const CLAIMS_AT_ONCE = 2;
/**
 * No more is claimed above this many attempts without a stored result, so that leases do not expire while results wait.
 */
const MAX_UNFINISHED = 2_048;
/** Pauses after a failed claim (no database), and when other processes use a queue's slots. */
const RETRY_MS = 500;
const BUSY_ELSEWHERE_MS = 100;
/** How often others are asked about a queue that keeps having more. */
const ASK_EVERY_MS = 200;
/** How far a rate limit may run ahead: it evens out timers without allowing a burst. */
const RATE_TOLERANCE_MS = 100;

/** Milliseconds until the rate limit allows the next delivery after `taken` more; null without a limit. */
function rateWaitMs({ rateAheadMs }: QueueState, { hook }: Target, taken: number): number | null {
  const { rateLimitPerSecond, allowedPerMinute } = hook;
  if (rateLimitPerSecond === null && allowedPerMinute === null) return null;
  const unlimited = Number.POSITIVE_INFINITY;
  const perSecond = Math.min(rateLimitPerSecond ?? unlimited, (allowedPerMinute ?? unlimited) / 60);
  return rateAheadMs + (taken * 1_000) / perSecond - RATE_TOLERANCE_MS;
}

/** Claims due deliveries of hooks' queues in turn. */
export function createClaimLoop(parts: Parts): ClaimLoop {
  const { sql, workerId, peers, queues, targets, log, start, track, isStopped, ask } = parts;
  const isolation = createIsolation();
  let claiming = 0;
  let unfinished = 0;

  function pump() {
    while (!isStopped() && claiming < CLAIMS_AT_ONCE && unfinished < MAX_UNFINISHED) {
      const permit = isolation.permit(claiming === 0 && unfinished === 0);
      if (!permit) return;
      const turns = queues.next(permit.isAlone ? permit.queues : undefined);
      if (turns.length === 0 && !permit.isAlone) return;
      if (turns.length === 0) {
        isolation.over(false);
        continue;
      }
      claiming++;
      track(claimTurns(turns, permit.isAlone));
    }
  }

  async function claimTurns(turns: ClaimSlot[], isAlone: boolean) {
    let found = 0;
    try {
      const groups = [...Map.groupBy(turns, ({ queue }) => queue.projectId)];
      if (isAlone) found = await claimSuspect(groups);
      else await Promise.all(groups.map(([projectId, own]) => claimProject(projectId, own, false)));
    } finally {
      if (isAlone && found === 0) isolation.over(false);
      claiming--;
      for (const turn of turns) queues.release(turn);
      pump();
    }
  }

  /** Claims one suspect over all projects; later groups get their turn afterwards. */
  async function claimSuspect(groups: [projectId: string, turns: ClaimSlot[]][]): Promise<number> {
    for (const [index, [projectId, own]] of groups.entries()) {
      if ((await claimProject(projectId, own, true)) === 0) continue;
      for (const [, later] of groups.slice(index + 1))
        queues.enqueue(later.map(({ queue }) => queue));
      return 1;
    }
    return 0;
  }

  /** Claims for one project's queues and starts the attempts. Returns the number of claims. */
  async function claimProject(projectId: string, turns: ClaimSlot[], isSuspect: boolean) {
    const token = randomUUID();
    const askedAt = performance.now();
    const requests = turns.map(({ queue: { hookId }, room, inFlight }) => ({
      ...{ hookId, take: room, inFlight, place: peers.placeFor(hookId) },
    }));
    try {
      const sharing = { workers: peers.count(), isSettled: peers.isSettled() };
      const { leaseMarginMs } = claimLimits;
      const wish = { projectId, requests, ...sharing, isSuspect, leaseMarginMs, workerId, token };
      const { states, claims } = await claim(sql, wish);
      const known = await targetsOf(projectId, states);
      // The start of their attempts, by the database's clock.
      for (const claimed of claims)
        claimed.claimedAt = new Date(claimed.claimedAt.getTime() + performance.now() - askedAt);
      const taken = Map.groupBy(claims, ({ hookId }) => hookId);
      for (const turn of turns) {
        const { queue } = turn;
        const state = states.get(queue.hookId);
        const target = known.get(queue.hookId);
        // The hook is not ACTIVE: its deliveries are parked or cancelled, and its queue is forgotten.
        if (!state || !target) queue.failures = 0;
        else begin(turn, state, target, taken.get(queue.hookId) ?? [], isSuspect);
      }
      return claims.length;
    } catch (error) {
      log.warn({ err: error }, "deliveries could not be claimed, trying again");
      const hookIds = requests.map(({ hookId }) => hookId);
      await giveBackUntilDone({ sql, log, isStopped }, { projectId, hookIds, token });
      for (const { queue } of turns) queues.enqueueAfter(queue, RETRY_MS);
      return 0;
    }
  }

  /** The hooks' targets, under the config version of the claim. */
  async function targetsOf(projectId: string, states: Map<string, QueueState>) {
    const known = new Map<string, Target>();
    for (const { hookId, version } of states.values()) {
      const target = targets.known(hookId, version);
      if (target) known.set(hookId, target);
    }
    const missing = [...states.keys()].filter((id) => !known.has(id));
    if (missing.length === 0) return known;
    return new Map([...known, ...(await targets.load(projectId, missing))]);
  }

  function begin(
    turn: ClaimSlot,
    state: QueueState,
    target: Target,
    claims: Claim[],
    isSuspect: boolean,
  ) {
    const { queue } = turn;
    queues.hold(queue, state.heldMs);
    for (const claimed of claims) {
      const onStored = () => isolation.over(true);
      start({ queue, target, claimed, leave: queues.enter(queue), ...(isSuspect && { onStored }) });
    }
    if (state.hasSuspect) suspect(queue, isSuspect);
    if (state.heldMs === null) plan(turn, state, target, claims.length);
  }

  /** A suspect is due in the queue: it must be retried alone. */
  function suspect(queue: QueueEntry, isAlone: boolean) {
    const wait = isAlone ? 0 : isolation.saw(queue);
    if (wait > 0) queues.enqueueAfter(queue, wait);
    else queues.enqueue([queue]);
  }

  function tellOthers(queue: QueueEntry) {
    const now = performance.now();
    if (!peers.hasOthers() || now < queue.askedAt + ASK_EVERY_MS) return;
    queue.askedAt = now;
    ask(queue);
  }

  /** Schedules the next look at the queue after a claim of `taken` deliveries. */
  function plan(
    { queue, room, inFlight }: ClaimSlot,
    state: QueueState,
    target: Target,
    taken: number,
  ) {
    if (state.nextDueMs !== null) queues.enqueueAfter(queue, state.nextDueMs);
    if (taken < state.take) return;
    // It took all it could. There may be more: for others, and for when the rate limit or free slots allow it.
    tellOthers(queue);
    const waitMs = rateWaitMs(state, target, taken);
    const own = Math.min(room, peers.shareOf(queue.hookId, target.hook.maxInFlight) - inFlight);
    if (state.take < own)
      return queues.enqueueAfter(queue, Math.max(waitMs ?? 0, BUSY_ELSEWHERE_MS));
    queues.enqueue([queue]);
  }

  return {
    pump,
    hold: () => void unfinished++,
    release: () => void unfinished--,
    mayTake: () => !isStopped() && unfinished < MAX_UNFINISHED && isolation.isQuiet(),
  };
}
