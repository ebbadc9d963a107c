import { createHash } from "node:crypto";

/**
 * How many deliveries of a hook each worker may have in flight, so that its `maxInFlight` holds over all of them without
 * a lock: what can be divided goes to each alike, the rest to those that a hash of worker and hook puts first
 * (rendezvous hashing).
 */
export type Peers = {
  /** Told who is alive, this worker too. */
  see(workerIds: string[]): void;
  shareOf(hookId: string, maxInFlight: number): number;
  /** Whether there are other workers. */
  hasOthers(): boolean;
  /** Whether nobody has in flight what is this worker's share by now. */
  isSettled(): boolean;
};

/** The longest claim: after so long nobody has in flight what was claimed under other shares. */
const SETTLES_AFTER_MS = 150_000;

const weight = (workerId: string, hookId: string): string =>
  createHash("sha1").update(workerId).update(hookId).digest("hex");

export function createPeers(workerId: string): Peers {
  let live = [workerId];
  let settlesAt = 0;
  return {
    see(workerIds) {
      const now = [...new Set([...workerIds, workerId])].sort();
      if (now.join() === live.join()) return;
      live = now;
      settlesAt = performance.now() + SETTLES_AFTER_MS;
    },
    shareOf(hookId, maxInFlight) {
      if (live.length === 1) return maxInFlight;
      const rest = maxInFlight % live.length;
      const own = weight(workerId, hookId);
      const before = live.filter((id) => weight(id, hookId) > own).length;
      return Math.floor(maxInFlight / live.length) + (before < rest ? 1 : 0);
    },
    hasOthers: () => live.length > 1,
    isSettled: () => performance.now() >= settlesAt,
  };
}
