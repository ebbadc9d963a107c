/** Processor time that the programs of one project may use: a burst, and then a share of one core. */
const BURST_MS = 3_000;
const SHARE = 0.5;

/** What is left of one project's share of processor time; it grows with time up to the burst. */
export type ProgramShare = {
  /** In how many milliseconds there is something left; 0 when there is. */
  waitMs(): number;
  spend(cpuMs: number): void;
  /** Whether nothing of it is spent, so that it need not be remembered. */
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
