import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import {
  type Claim,
  type ClaimWish,
  claimDeliveries,
  type LaneState,
  ratePerSecond,
} from "../db/claims.ts";
import type { Pool } from "../db/client.ts";
import type { AttemptOutcome } from "../db/deliveries.ts";
import type { Lane } from "../db/jobs.ts";
import { handBack, returnClaims } from "../db/recovery.ts";
import { type AttemptRequest, conclude, requestOf } from "../domain/delivery.ts";
import { type LaneCredentials, openCredentials } from "../domain/laneCredentials.ts";
import type { ProjectConfigs } from "../domain/projectConfig.ts";
import type { SecretBox } from "../domain/secretBox.ts";
import { openSigningKeys } from "../domain/signingSecret.ts";
import { openStepRequest, stepRequestOf } from "../domain/stepRequest.ts";
import type { InPlace } from "../domain/systemEvent.ts";
import type { Logger } from "../log.ts";
import type { Poster } from "../outbound/post.ts";
import { createFinisher } from "./finisher.ts";
import { createLanes, type LaneEntry, type Turn } from "./lanes.ts";
import { postponed } from "./shortage.ts";
import { createSolitude } from "./solitude.ts";

export type DelivererOptions = {
  sql: Pool;
  configs: ProjectConfigs;
  programs: InPlace;
  workerId: string;
  poster: Poster;
  box: SecretBox;
  /** The host this hub is known by: some deliveries say it. */
  origin: () => string;
  log: Logger;
  onAttempt: (attempt: { outcome: AttemptOutcome; elapsedMs: number }) => void;
};

export type Deliverer = AsyncDisposable & {
  /** Looks at lanes that may have something due. */
  wake(lanes: Lane[]): void;
  /** Claims no more; waits for attempts in flight, and ends them after `graceMs`. */
  stop(graceMs: number): Promise<void>;
};

const CLAIMS_AT_ONCE = 2;
/** Attempts whose result is not written yet: above so many nothing is claimed, lest claims run out in the queue. */
const MAX_UNFINISHED = 2_048;
/** An answer that takes longer holds up its hook's lane, and is to hold up no other. */
const SLOW_MS = 1_000;
/** When a claim failed (no database), and when other processes hold a lane's slots. */
const RETRY_MS = 500;
const BUSY_ELSEWHERE_MS = 100;
/** When another process claims for a lane at this moment, or a person changes its hook. */
const LOCKED_ELSEWHERE_MS = 10;
/** How far a rate may run ahead: evens out timers without letting a burst through. */
const RATE_TOLERANCE_MS = 100;

/** How many attempts a rate allows now, by the generic cell rate algorithm (ITU-T I.371). */
function rateRoom({ hook, rateAheadMs }: LaneState): number {
  const rate = ratePerSecond(hook);
  if (rate === null) return Number.POSITIVE_INFINITY;
  const ahead = Math.max(0, rateAheadMs);
  if (ahead > RATE_TOLERANCE_MS) return 0;
  return Math.floor(((RATE_TOLERANCE_MS - ahead) * rate) / 1_000) + 1;
}

/** Milliseconds until a lane that now takes so many may take another. */
const rateWaitMs = ({ hook, rateAheadMs }: LaneState, taken: number) =>
  Math.max(0, rateAheadMs) +
  (taken * 1_000) / (ratePerSecond(hook) ?? Number.POSITIVE_INFINITY) -
  RATE_TOLERANCE_MS;

/** How many deliveries a lane may take: its slots less those in use anywhere, and no more than its rate allows. */
const roomOf = (lane: LaneState, wish: ClaimWish) =>
  Math.max(
    0,
    Math.min(wish.room, lane.hook.maxInFlight - lane.others - wish.inFlight, rateRoom(lane)),
  );

/**
 * The delivery engine of one process. Lanes that may have something due are claimed in batches, oldest delivery
 * first, as slots come free; claims are POSTed concurrently and finished in micro-batches. A job is only what
 * woke it up: it is done as soon as its lanes are known here, and the reconciler finds what a dead process knew.
 */
export function createDeliverer(options: DelivererOptions): Deliverer {
  const { sql, workerId, poster, box, origin, log, onAttempt } = options;
  const lanes = createLanes(pump);
  const finish = createFinisher({ ...options, onDue: wake });
  const stopping = new AbortController();
  const { signal } = stopping;
  setMaxListeners(0, signal);
  const running = new Set<Promise<void>>();
  const opened = new WeakMap<LaneState, LaneCredentials>();
  const signingKeys = new WeakMap<LaneState, ReturnType<typeof openSigningKeys>>();
  let claiming = 0;
  /** The tokens of the claims whose attempts are not finished. */
  const held = new Set<string>();
  const solitude = createSolitude();
  let stopped = false;

  /** Opened once a claim and lane, not once a delivery. */
  function credentialsOf(state: LaneState): LaneCredentials {
    const known = opened.get(state);
    if (known) return known;
    const credentials = openCredentials(box, state.hook);
    opened.set(state, credentials);
    return credentials;
  }

  /** A workflow's steps are signed with the project's secret; asked for once a claim. */
  function signingKeysOf(state: LaneState) {
    const known = signingKeys.get(state);
    if (known) return known;
    const keys = openSigningKeys({ sql, box }, state.hook.projectId);
    signingKeys.set(state, keys);
    return keys;
  }

  /** What is to be sent, and what may be told of it. */
  async function requestFor(claimed: Claim, state: LaneState): Promise<AttemptRequest> {
    if (claimed.format !== "STEP") return requestOf(claimed, state, credentialsOf(state), origin());
    const request = openStepRequest(box, claimed, claimed.request);
    return stepRequestOf(claimed, state, request, await signingKeysOf(state));
  }

  function pump() {
    while (!stopped && claiming < CLAIMS_AT_ONCE && held.size < MAX_UNFINISHED) {
      const permit = solitude.permit(claiming === 0 && held.size === 0);
      if (!permit) return;
      const turns = lanes.next(permit.isAlone ? permit.lanes : undefined);
      if (turns.length === 0 && !permit.isAlone) return;
      if (turns.length === 0) {
        solitude.over(false);
        continue;
      }
      claiming++;
      track(claim(turns, permit.isAlone));
    }
  }

  function track(work: Promise<void>) {
    running.add(work);
    void work.finally(() => running.delete(work));
  }

  async function claim(turns: Turn[], isAlone: boolean) {
    const wishes = turns.map(({ lane: { projectId, hookId, inFlight }, room }) => ({
      projectId,
      hookId,
      inFlight,
      room,
    }));
    try {
      const found = await claimDeliveries(sql, workerId, wishes, roomOf, isAlone);
      if (isAlone && found.claims.length === 0) solitude.over(false);
      const taken = Map.groupBy(found.claims, ({ hookId }) => hookId);
      for (const { lane } of turns) {
        const state = found.lanes.get(lane.hookId);
        if (state) {
          const claims = taken.get(lane.hookId) ?? [];
          for (const claimed of claims) start(lane, state, claimed, isAlone);
          if (state.hasSuspect) suspect(lane, isAlone);
          plan(lane, state, claims.length);
        } else if (found.busy.has(lane.hookId)) {
          lanes.feedLater(lane, LOCKED_ELSEWHERE_MS);
        } else {
          // Not ACTIVE: its deliveries are parked or cancelled, and its lane is forgotten.
          lane.failures = 0;
        }
      }
    } catch (error) {
      if (isAlone) solitude.over(false);
      log.warn({ err: error }, "deliveries could not be claimed, trying again");
      await giveBack(turns);
      for (const { lane } of turns) lanes.feedLater(lane, RETRY_MS);
    } finally {
      claiming--;
      for (const turn of turns) lanes.release(turn);
      pump();
    }
  }

  /** Something is left in the lane that is to be tried alone. */
  function suspect(lane: LaneEntry, isAlone: boolean) {
    const wait = isAlone ? 0 : solitude.saw(lane);
    if (wait > 0) lanes.feedLater(lane, wait);
    else lanes.feed([lane]);
  }

  /** A claim whose commit nobody heard of would block its deliveries until it runs out. */
  async function giveBack(turns: Turn[]) {
    const claimed = turns.map(({ lane: { projectId, hookId } }) => ({ projectId, hookId }));
    while (!stopped) {
      await delay(RETRY_MS);
      try {
        return await returnClaims(sql, workerId, claimed, [...held]);
      } catch (error) {
        log.debug({ err: error }, "claims not given back yet, trying again");
      }
    }
  }

  /** When the lane is to be looked at next, after a claim that took so many. */
  function plan(lane: LaneEntry, state: LaneState & { take: number }, taken: number) {
    const { hook, others, nextDueMs } = state;
    lane.maxInFlight = hook.maxInFlight;
    if (nextDueMs !== null) lanes.feedLater(lane, nextDueMs);
    if (taken < state.take) return;
    // It took all it might: there may be more, for when the rate, other processes, or its own slots allow it.
    if (rateRoom(state) <= taken) return lanes.feedLater(lane, rateWaitMs(state, taken));
    if (others > 0) {
      lane.others = others;
      lanes.feedLater(lane, BUSY_ELSEWHERE_MS);
    }
    lanes.feed([lane]);
  }

  function start(lane: LaneEntry, state: LaneState, claimed: Claim, isAlone: boolean) {
    const leave = lanes.enter(lane);
    track(
      attempt(lane, state, claimed, leave, isAlone).catch((error) =>
        // The claim runs out, and the delivery is tried again or, the third time, quarantined.
        log.error(
          { err: error, deliveryId: claimed.deliveryId },
          "an attempt failed inside the hub",
        ),
      ),
    );
  }

  async function attempt(
    lane: LaneEntry,
    state: LaneState,
    claimed: Claim,
    leave: (isWell: boolean) => void,
    isAlone: boolean,
  ) {
    let isWell = false;
    let request: AttemptRequest;
    let result: Awaited<ReturnType<Poster["post"]>>;
    held.add(claimed.token);
    try {
      try {
        request = await requestFor(claimed, state);
        result = await poster.post({ ...request, holder: claimed.projectId, signal });
        isWell = result.statusCode !== null && result.elapsedMs < SLOW_MS;
      } catch (error) {
        const back = (waitMs: number) => handBack(sql, claimed, waitMs);
        // No fault of the lane's.
        isWell = lane.failures === 0;
        return lanes.feedLater(lane, await postponed(error, back, { log, stopping: signal }));
      } finally {
        // The slot is free as soon as the call is over: what follows is the database's business.
        leave(isWell);
        pump();
      }
      onAttempt(result);
      const interrupted = signal.aborted && result.statusCode === null;
      const moved = await finish(conclude(claimed, state, request, result, interrupted));
      if (moved?.dueInMs != null) lanes.feedLater(lane, moved.dueInMs);
    } finally {
      held.delete(claimed.token);
      // Not before its result is stored: what kills this process next would be laid at its door, too.
      if (isAlone) solitude.over(true);
      pump();
    }
  }

  function wake(hungry: Lane[]) {
    if (stopped) return;
    lanes.feed(hungry);
    pump();
  }

  async function stop(graceMs: number) {
    stopped = true;
    lanes.close();
    const timer = setTimeout(() => stopping.abort(), graceMs);
    while (running.size > 0) await Promise.allSettled(running);
    clearTimeout(timer);
  }

  return {
    wake,
    stop,
    [Symbol.asyncDispose]: () => stop(0),
  };
}
