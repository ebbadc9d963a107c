import { SignalboxError } from "./signalboxError.ts";

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 10_000;
/** Of what is asked for: a timer that is too long for setTimeout would fire at once. */
const LONGEST_ASKED_MS = 3_600_000;

/** How long to wait after so many failures: twice as long each time, and at least as the hub asks. Both with jitter. */
export function waitMs(failures: number, retryAfterMs: number | null): number {
  const backoff = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1));
  const asked = Math.min(LONGEST_ASKED_MS, retryAfterMs ?? 0);
  return Math.max(backoff * (0.5 + Math.random() / 2), asked * (1 + Math.random() / 10));
}

/** Rejects with the signal's reason when that aborts. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

type RetryOptions = {
  /** By Date.now(); what would be tried after it is not. */
  deadline: number;
  mayRetry: (error: SignalboxError) => boolean;
  signal?: AbortSignal | undefined;
};

/** Does `work` again after errors that may pass, until the deadline. Throws its last error. */
export async function withRetries<Result>(
  work: () => Promise<Result>,
  { deadline, mayRetry, signal }: RetryOptions,
): Promise<Result> {
  for (let failures = 1; ; failures++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof SignalboxError && mayRetry(error))) throw error;
      const wait = waitMs(failures, error.retryAfterMs);
      if (Date.now() + wait > deadline) throw error;
      await sleep(wait, signal);
    }
  }
}
