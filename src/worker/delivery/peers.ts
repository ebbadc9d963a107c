import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";

/**
 * Divides a hook's `maxInFlight` over all workers without a lock: each gets an equal share, and the remainder goes to
 * those that a hash of worker and hook puts first (rendezvous hashing). A new worker gets no share until the others
 * have seen it.
 */
export type Peers = {
  /** Sets the live workers, including this one. */
  see(workerIds: string[]): void;
  shareOf(hookId: string, maxInFlight: number): number;
  /** This worker's place, from 0, among those that share a hook: the remainder goes to the first places. */
  placeFor(hookId: string): number;
  /** The number of workers. */
  count(): number;
  hasOthers(): boolean;
  /** Whether deliveries claimed under earlier shares have ended everywhere. */
  isSettled(): boolean;
};

/** The longest lease: claims made under other shares have ended by then. */
const SETTLES_AFTER_MS = 150_000;

/** By then the others have seen a new worker, and take no more of its share. */
const SEEN_AFTER_MS = 5_000;
const MAX_PLACES = 10_000;

const weight = (workerId: string, hookId: string): string =>
  createHash("sha1").update(workerId).update(hookId).digest("hex");

export function createPeers(workerId: string): Peers {
  let live = [workerId];
  let isNew = true;
  let settlesAt = 0;
  let sharesFrom = 0;
  const places = new LRUCache<string, number>({ max: MAX_PLACES });

  function placeFor(hookId: string): number {
    const known = places.get(hookId);
    if (known !== undefined) return known;
    const own = weight(workerId, hookId);
    const place = live.filter((id) => weight(id, hookId) > own).length;
    places.set(hookId, place);
    return place;
  }

  return {
    see(workerIds) {
      const now = [...new Set([...workerIds, workerId])].sort();
      const isFirst = isNew;
      isNew = false;
      if (now.join() === live.join()) return;
      live = now;
      places.clear();
      settlesAt = performance.now() + SETTLES_AFTER_MS;
      if (isFirst) sharesFrom = performance.now() + SEEN_AFTER_MS;
    },
    shareOf(hookId, maxInFlight) {
      if (live.length === 1) return maxInFlight;
      if (performance.now() < sharesFrom) return 0;
      const rest = maxInFlight % live.length;
      return Math.floor(maxInFlight / live.length) + (placeFor(hookId) < rest ? 1 : 0);
    },
    placeFor,
    count: () => live.length,
    hasOthers: () => live.length > 1,
    isSettled: () => performance.now() >= settlesAt,
  };
}
