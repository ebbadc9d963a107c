export type Poller = AsyncDisposable & {
  /** Makes the next run start within this many milliseconds. */
  within(ms: number): void;
};

/**
 * Runs `work` repeatedly, `ms` after it ended, or after as many milliseconds as it returned. A failure is reported
 * and does not stop it.
 */
export function poll(
  ms: number,
  work: () => Promise<number> | Promise<void>,
  onError: (error: unknown) => void,
): Poller {
  let stopped = false;
  let running = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let turnAt = Number.POSITIVE_INFINITY;
  async function run() {
    if (stopped) return;
    turnAt = Number.POSITIVE_INFINITY;
    let next = ms;
    try {
      next = (await work()) ?? ms;
    } catch (error) {
      onError(error);
    }
    runWithin(next);
  }
  function runWithin(inMs: number) {
    const at = performance.now() + inMs;
    if (stopped || at >= turnAt) return;
    turnAt = at;
    clearTimeout(timer);
    timer = setTimeout(() => {
      running = running.then(run);
    }, inMs);
  }
  runWithin(ms);
  return {
    within: runWithin,
    async [Symbol.asyncDispose]() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
