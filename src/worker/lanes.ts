import type { Lane } from "../db/jobs.ts";

/** What a worker process knows of one hook's queue. */
export type LaneEntry = Lane & {
  /** It may have deliveries that are due. */
  isHungry: boolean;
  isClaiming: boolean;
  inFlight: number;
  /** The hook's `maxInFlight` as last seen; unknown before the first claim. */
  maxInFlight: number;
  /** Attempts in a row that did not reach the target. */
  failures: number;
  timer: { at: number; handle: NodeJS.Timeout } | null;
};

/** Attempts in flight in one process, at most. */
const MAX_IN_FLIGHT = 512;
/** Lanes in trouble (time-outs, refused connections in a row) share at most half of them: nobody else waits. */
const MAX_TROUBLED = MAX_IN_FLIGHT / 2;
const TROUBLED_AFTER = 3;
const LANES_PER_CLAIM = 64;

const isTroubled = (lane: LaneEntry) => lane.failures >= TROUBLED_AFTER;
const isIdle = (lane: LaneEntry) =>
  !lane.isHungry &&
  !lane.isClaiming &&
  lane.inFlight === 0 &&
  lane.timer === null &&
  !isTroubled(lane);

export type Lanes = ReturnType<typeof createLanes>;

/**
 * The lanes of one process: whose turn it is and with how many slots, so that one slow or dead hook never takes
 * another's. `onHungry` is told when a lane's timer makes it hungry.
 */
export function createLanes(onHungry: () => void) {
  const lanes = new Map<string, LaneEntry>();
  let inFlight = 0;
  let troubled = 0;

  function entry({ projectId, hookId }: Lane): LaneEntry {
    const known = lanes.get(hookId);
    if (known) return known;
    const made: LaneEntry = {
      projectId,
      hookId,
      isHungry: false,
      isClaiming: false,
      inFlight: 0,
      maxInFlight: Number.POSITIVE_INFINITY,
      failures: 0,
      timer: null,
    };
    lanes.set(hookId, made);
    return made;
  }

  function forgetIfIdle(lane: LaneEntry) {
    if (isIdle(lane)) lanes.delete(lane.hookId);
  }

  return {
    /** Marks lanes that may have something due. */
    feed(hungry: Lane[]) {
      for (const lane of hungry) entry(lane).isHungry = true;
    },

    /** Feeds a lane after so many milliseconds, or earlier when it was to be fed earlier. */
    feedLater(which: Lane, ms: number) {
      const lane = entry(which);
      const at = performance.now() + ms;
      if (lane.timer && lane.timer.at <= at) return;
      if (lane.timer) clearTimeout(lane.timer.handle);
      const handle = setTimeout(
        () => {
          lane.timer = null;
          lane.isHungry = true;
          onHungry();
        },
        Math.min(ms, 60_000),
      );
      lane.timer = { at, handle };
    },

    /** The next hungry lanes in turn, each with its share of the free slots; `release` each after its claim. */
    next(): { lane: LaneEntry; room: number }[] {
      const hungry = [...lanes.values()].filter(
        (lane) => lane.isHungry && !lane.isClaiming && lane.inFlight < lane.maxInFlight,
      );
      let left = MAX_IN_FLIGHT - inFlight;
      let leftForTroubled = MAX_TROUBLED - troubled;
      const share = Math.max(1, Math.floor(left / Math.max(1, hungry.length)));
      const picked: { lane: LaneEntry; room: number }[] = [];
      for (const lane of hungry) {
        if (left <= 0 || picked.length === LANES_PER_CLAIM) break;
        const most = isTroubled(lane) ? leftForTroubled : left;
        const room = Math.min(share, most, left, lane.maxInFlight - lane.inFlight);
        if (room <= 0) continue;
        left -= room;
        if (isTroubled(lane)) leftForTroubled -= room;
        lane.isHungry = false;
        lane.isClaiming = true;
        // To the end of the line, so that everybody has a turn.
        lanes.delete(lane.hookId);
        lanes.set(lane.hookId, lane);
        picked.push({ lane, room });
      }
      return picked;
    },

    /** Ends a lane's claim. */
    release(lane: LaneEntry) {
      lane.isClaiming = false;
      forgetIfIdle(lane);
    },

    /** Counts an attempt in; the function it gives back counts it out again, and whether it reached the target. */
    enter(lane: LaneEntry): (reachedTarget: boolean) => void {
      const asTroubled = isTroubled(lane);
      lane.inFlight++;
      inFlight++;
      if (asTroubled) troubled++;
      return (reachedTarget) => {
        lane.inFlight--;
        inFlight--;
        if (asTroubled) troubled--;
        lane.failures = reachedTarget ? 0 : lane.failures + 1;
        forgetIfIdle(lane);
      };
    },

    /** Forgets every lane; nothing is fed any more. */
    clear() {
      for (const { timer } of lanes.values()) if (timer) clearTimeout(timer.handle);
      lanes.clear();
    },
  };
}
