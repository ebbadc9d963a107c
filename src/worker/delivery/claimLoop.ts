import { randomUUID } from "node:crypto";
import type { Pool } from "../../db/connection/client.ts";
import { type Claim, claim, type QueueState } from "../../db/delivery/claim.ts";
import type { Lane } from "../../db/queue/jobs.ts";
import type { Logger } from "../../log.ts";
import { giveBackUntilDone } from "./giveBack.ts";
import type { LaneEntry, Lanes, Turn } from "./hookQueues.ts";
import { createSolitude } from "./isolation.ts";
import type { Peers } from "./peers.ts";
import type { Started } from "./started.ts";
import type { Target, Targets } from "./targets.ts";

export type ClaimLoop = {
  /** Claims for the queues whose turn it is, as far as there are slots. */
  pump(): void;
  /** Counts an attempt whose result is not written yet, and one that is. */
  hold(): void;
  release(): void;
  /** Whether something may be taken without being claimed. */
  mayTake(): boolean;
};

type Parts = {
  sql: Pool;
  workerId: string;
  peers: Peers;
  lanes: Lanes;
  targets: Targets;
  log: Logger;
  start: (started: Started) => void;
  track: (work: Promise<void>) => void;
  isStopped: () => boolean;
  /** Has the other workers look at a queue, too. */
  ask: (lane: Lane) => void;
};

const CLAIMS_AT_ONCE = 2;
/** Attempts whose result is not written yet: above so many nothing is claimed, lest claims run out in the queue. */
const MAX_UNFINISHED = 2_048;
/** When a claim failed (no database), and when other processes hold a queue's slots. */
const RETRY_MS = 500;
const BUSY_ELSEWHERE_MS = 100;
/** So often others are told of a queue that goes on having more. */
const ASK_EVERY_MS = 200;
/** How far a rate may run ahead: evens out timers without letting a burst through. */
const RATE_TOLERANCE_MS = 100;

/** Milliseconds until a queue that now took so many may take another by its rate; null without one. */
function rateWaitMs({ rateAheadMs }: QueueState, { hook }: Target, taken: number): number | null {
  const { rateLimitPerSecond, allowedPerMinute } = hook;
  if (rateLimitPerSecond === null && allowedPerMinute === null) return null;
  const unlimited = Number.POSITIVE_INFINITY;
  const perSecond = Math.min(rateLimitPerSecond ?? unlimited, (allowedPerMinute ?? unlimited) / 60);
  return rateAheadMs + (taken * 1_000) / perSecond - RATE_TOLERANCE_MS;
}

/** Claims what is due of hooks' queues in turn. */
export function createClaimLoop(parts: Parts): ClaimLoop {
  const { sql, workerId, peers, lanes, targets, log, start, track, isStopped, ask } = parts;
  const solitude = createSolitude();
  let claiming = 0;
  let unfinished = 0;

  function pump() {
    while (!isStopped() && claiming < CLAIMS_AT_ONCE && unfinished < MAX_UNFINISHED) {
      const permit = solitude.permit(claiming === 0 && unfinished === 0);
      if (!permit) return;
      const turns = lanes.next(permit.isAlone ? permit.lanes : undefined);
      if (turns.length === 0 && !permit.isAlone) return;
      if (turns.length === 0) {
        solitude.over(false);
        continue;
      }
      claiming++;
      track(claimTurns(turns, permit.isAlone));
    }
  }

  async function claimTurns(turns: Turn[], isAlone: boolean) {
    let found = 0;
    try {
      const groups = [...Map.groupBy(turns, ({ lane }) => lane.projectId)];
      if (isAlone) found = await claimSuspect(groups);
      else await Promise.all(groups.map(([projectId, own]) => claimProject(projectId, own, false)));
    } finally {
      if (isAlone && found === 0) solitude.over(false);
      claiming--;
      for (const turn of turns) lanes.release(turn);
      pump();
    }
  }

  /** One suspect of all projects: those that come behind it have theirs later. */
  async function claimSuspect(groups: [projectId: string, turns: Turn[]][]): Promise<number> {
    for (const [index, [projectId, own]] of groups.entries()) {
      if ((await claimProject(projectId, own, true)) === 0) continue;
      for (const [, later] of groups.slice(index + 1)) lanes.feed(later.map(({ lane }) => lane));
      return 1;
    }
    return 0;
  }

  /** Claims of one project's queues, and starts what was claimed. Gives back how many that were. */
  async function claimProject(projectId: string, turns: Turn[], isSuspect: boolean) {
    const token = randomUUID();
    const askedAt = performance.now();
    const requests = turns.map(({ lane: { hookId }, room, inFlight }) => ({
      ...{ hookId, take: room, inFlight, place: peers.placeFor(hookId) },
    }));
    try {
      const sharing = { workers: peers.count(), isSettled: peers.isSettled() };
      const wish = { projectId, requests, ...sharing, isSuspect, workerId, token };
      const { states, claims } = await claim(sql, wish);
      const known = await targetsOf(projectId, states);
      // Their attempts begin now, by the database's clock.
      for (const claimed of claims)
        claimed.claimedAt = new Date(claimed.claimedAt.getTime() + performance.now() - askedAt);
      const taken = Map.groupBy(claims, ({ hookId }) => hookId);
      for (const turn of turns) {
        const { lane } = turn;
        const state = states.get(lane.hookId);
        const target = known.get(lane.hookId);
        // Not ACTIVE: its deliveries are parked or cancelled, and its queue is forgotten.
        if (!state || !target) lane.failures = 0;
        else begin(turn, state, target, taken.get(lane.hookId) ?? [], isSuspect);
      }
      return claims.length;
    } catch (error) {
      log.warn({ err: error }, "deliveries could not be claimed, trying again");
      const hookIds = requests.map(({ hookId }) => hookId);
      await giveBackUntilDone({ sql, log, isStopped }, { projectId, hookIds, token });
      for (const { lane } of turns) lanes.feedLater(lane, RETRY_MS);
      return 0;
    }
  }

  /** What is known of the hooks, as of the version that they were claimed under. */
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
    turn: Turn,
    state: QueueState,
    target: Target,
    claims: Claim[],
    isSuspect: boolean,
  ) {
    const { lane } = turn;
    for (const claimed of claims) {
      const onStored = () => solitude.over(true);
      start({ lane, target, claimed, leave: lanes.enter(lane), ...(isSuspect && { onStored }) });
    }
    if (state.hasSuspect) suspect(lane, isSuspect);
    plan(turn, state, target, claims.length);
  }

  /** Something is left in the queue that is to be tried alone. */
  function suspect(lane: LaneEntry, isAlone: boolean) {
    const wait = isAlone ? 0 : solitude.saw(lane);
    if (wait > 0) lanes.feedLater(lane, wait);
    else lanes.feed([lane]);
  }

  function tellOthers(lane: LaneEntry) {
    const now = performance.now();
    if (!peers.hasOthers() || now < lane.askedAt + ASK_EVERY_MS) return;
    lane.askedAt = now;
    ask(lane);
  }

  /** When the queue is to be looked at next, after a claim that took so many. */
  function plan({ lane, room, inFlight }: Turn, state: QueueState, target: Target, taken: number) {
    if (state.nextDueMs !== null) lanes.feedLater(lane, state.nextDueMs);
    if (taken < state.take) return;
    // It took all it might: there may be more, for others too, and for when the rate or its own slots allow it.
    tellOthers(lane);
    const waitMs = rateWaitMs(state, target, taken);
    const own = Math.min(room, peers.shareOf(lane.hookId, target.hook.maxInFlight) - inFlight);
    if (state.take < own) return lanes.feedLater(lane, Math.max(waitMs ?? 0, BUSY_ELSEWHERE_MS));
    lanes.feed([lane]);
  }

  return {
    pump,
    hold: () => void unfinished++,
    release: () => void unfinished--,
    mayTake: () => !isStopped() && unfinished < MAX_UNFINISHED && solitude.isQuiet(),
  };
}
