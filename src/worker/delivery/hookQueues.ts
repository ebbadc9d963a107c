import type { Lane } from "../../db/queue/jobs.ts";
import { withinOpenFiles } from "../../outbound/openFiles.ts";

/** What a worker process knows of one hook's queue. */
export type LaneEntry = Lane & {
  isClaiming: boolean;
  inFlight: number;
  /** When others were last told that there is more in it than this process may take. */
  askedAt: number;
  /** Attempts in a row that did not reach the target, or took long. */
  failures: number;
  timer: { at: number; handle: NodeJS.Timeout } | null;
};

/** Ends an attempt: whether it reached its target in time. */
export type Leave = (isWell: boolean) => void;

/** A lane that is to be claimed for, how many deliveries it may take, and how many it had in flight then. */
export type Turn = { lane: LaneEntry; room: number; inFlight: number; asTroubled: boolean };

/** Attempts in flight in one process, at most. */
const MAX_IN_FLIGHT = withinOpenFiles(1_024, 1 / 4);
/** Of these, so many are for lanes that have none: whoever is not being served can be, one at a time. */
const RESERVED = Math.floor(MAX_IN_FLIGHT / 4);
/** Lanes in trouble (time-outs, refused connections, slow answers in a row) share at most half: nobody else waits. */
const MAX_TROUBLED = Math.floor(MAX_IN_FLIGHT / 2);
const TROUBLED_AFTER = 3;
const LANES_PER_CLAIM = 64;
const MAX_TIMER_MS = 60_000;

const isTroubled = (lane: LaneEntry) => lane.failures >= TROUBLED_AFTER;

export type Lanes = ReturnType<typeof createLanes>;

/**
 * The lanes of one process: whose turn it is and with how many slots, so that one slow or dead hook never takes
 * another's. `onHungry` is told when a lane's timer makes it hungry; `shareOf` says how many of a hook this process may
 * have in flight, as far as is known; `onForeign` is told of what is due and others' alone to send.
 */
export function createLanes(
  onHungry: () => void,
  shareOf: (hookId: string) => number,
  onForeign: (lane: Lane) => void,
) {
  const lanes = new Map<string, LaneEntry>();
  /** Those that may have deliveries that are due, in the order of their turns. */
  const hungry = new Set<LaneEntry>();
  /** Slots in use, or promised to claims that are under way; and those of lanes in trouble among them. */
  let taken = 0;
  let troubled = 0;
  let isClosed = false;

  function entry({ projectId, hookId }: Lane): LaneEntry {
    const known = lanes.get(hookId);
    if (known) return known;
    const made: LaneEntry = {
      projectId,
      hookId,
      isClaiming: false,
      inFlight: 0,
      askedAt: Number.NEGATIVE_INFINITY,
      failures: 0,
      timer: null,
    };
    lanes.set(hookId, made);
    return made;
  }

  function forgetIfIdle(lane: LaneEntry) {
    const isBusy = lane.isClaiming || lane.inFlight > 0 || lane.timer !== null || hungry.has(lane);
    // One that failed is remembered, so that its failures add up.
    if (!isBusy && lane.failures === 0) lanes.delete(lane.hookId);
  }

  function occupy(slots: number, asTroubled: boolean) {
    taken += slots;
    if (asTroubled) troubled += slots;
  }

  /** Counts an attempt in; the function it gives back counts it out again, and whether it went as it should. */
  function enter(lane: LaneEntry): Leave {
    const asTroubled = isTroubled(lane);
    lane.inFlight++;
    occupy(1, asTroubled);
    return (isWell) => {
      lane.inFlight--;
      occupy(-1, asTroubled);
      lane.failures = isWell ? 0 : lane.failures + 1;
      forgetIfIdle(lane);
    };
  }

  /** One that is not this process's to send for is not remembered; others are told, unless it was them who asked. */
  function makeHungry(lane: LaneEntry, isAsked: boolean) {
    if (shareOf(lane.hookId) > 0) return void hungry.add(lane);
    forgetIfIdle(lane);
    if (!isAsked) onForeign(lane);
  }

  const canTake = (lane: LaneEntry) =>
    !lane.isClaiming &&
    lane.inFlight < shareOf(lane.hookId) &&
    (troubled < MAX_TROUBLED || !isTroubled(lane));

  return {
    /** Marks lanes that may have something due; `isAsked` by another process. */
    feed(fed: Lane[], isAsked = false) {
      if (!isClosed) for (const lane of fed) makeHungry(entry(lane), isAsked);
    },

    /** Feeds a lane after so many milliseconds, or earlier when it was to be fed earlier. */
    feedLater(which: Lane, ms: number) {
      if (isClosed) return;
      const lane = entry(which);
      const wait = Math.min(Math.max(ms, 0), MAX_TIMER_MS);
      const at = performance.now() + wait;
      if (lane.timer && lane.timer.at <= at) return;
      if (lane.timer) clearTimeout(lane.timer.handle);
      const handle = setTimeout(() => {
        lane.timer = null;
        makeHungry(lane, false);
        onHungry();
      }, Math.ceil(wait));
      lane.timer = { at, handle };
    },

    /**
     * The next hungry lanes in turn, only of these when some are named, each with its share of the free slots; `release`
     * each after its claim.
     */
    next(only?: ReadonlySet<LaneEntry>): Turn[] {
      const turns: Turn[] = [];
      if (taken >= MAX_IN_FLIGHT) return turns;
      const ready = [...hungry].filter((lane) => canTake(lane) && (only?.has(lane) ?? true));
      const free = MAX_IN_FLIGHT - taken;
      const share = Math.max(1, Math.floor((free - RESERVED) / Math.max(1, ready.length)));
      for (const lane of ready) {
        if (turns.length === LANES_PER_CLAIM) break;
        const asTroubled = isTroubled(lane);
        const left = MAX_IN_FLIGHT - taken;
        const reserved = asTroubled || lane.inFlight > 0 ? 0 : 1;
        const room = Math.min(
          Math.max(reserved, Math.min(share, left - RESERVED)),
          shareOf(lane.hookId) - lane.inFlight,
          asTroubled ? MAX_TROUBLED - troubled : left,
        );
        if (room <= 0) continue;
        occupy(room, asTroubled);
        hungry.delete(lane);
        lane.isClaiming = true;
        turns.push({ lane, room, inFlight: lane.inFlight, asTroubled });
      }
      return turns;
    },

    /** Ends a lane's claim. */
    release({ lane, room, asTroubled }: Turn) {
      occupy(-room, asTroubled);
      lane.isClaiming = false;
      forgetIfIdle(lane);
    },

    enter,

    /**
     * Counts an attempt in whose delivery has not been accepted yet: undefined unless its lane has a slot, and nothing that
     * waits before it.
     */
    admit(which: Lane): { lane: LaneEntry; leave: Leave } | undefined {
      if (isClosed) return undefined;
      const lane = entry(which);
      const most = lane.inFlight > 0 ? MAX_IN_FLIGHT - RESERVED : MAX_IN_FLIGHT;
      if (taken >= most || hungry.has(lane) || !canTake(lane)) return undefined;
      return { lane, leave: enter(lane) };
    },

    /** Forgets every lane; nothing is fed any more. */
    close() {
      isClosed = true;
      for (const { timer } of lanes.values()) if (timer) clearTimeout(timer.handle);
      lanes.clear();
      hungry.clear();
    },
  };
}
