/** A token bucket of processor time per project: a burst, refilled at a share of one core. */
const BURST_MS = 3_000;
const SHARE = 0.5;

/** What is left of one project's processor time. */
export type ProgramShare = {
  /** Milliseconds until there is time left; 0 when there is. */
  waitMs(): number;
  spend(cpuMs: number): void;
  /** Whether nothing is spent, so that the share need not be kept in memory. */
  isWhole(): boolean;
};

export function createProgramShare(now = () => performance.now()): ProgramShare {
  let left = BURST_MS;
  let at = now();
  const refill = () => {
    left = Math.min(BURST_MS, left + (now() - at) * SHARE);
    at = now();
  };
  return {
    waitMs() {
      refill();
      return left > 0 ? 0 : Math.ceil((1 - left) / SHARE);
    },
    spend(cpuMs) {
      refill();
      left -= cpuMs;
    },
    isWhole() {
      refill();
      return left === BURST_MS;
    },
  };
}
