import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "../../log.ts";
import { HubFailure } from "../../outbound/call/hubFailure.ts";

/** The delay of a delivery that the hub itself could not send, randomized by half. */
const WAIT_MS = 1_000;
const RETRY_MS = 500;
/** A shortage fails thousands of calls a minute. It is logged once in this time. */
const LOG_EVERY_MS = 5_000;

let loggedAt = Number.NEGATIVE_INFINITY;

function logShortage(log: Logger, failure: HubFailure) {
  if (performance.now() - loggedAt < LOG_EVERY_MS) return;
  loggedAt = performance.now();
  log.warn(`calls are delayed and retried: ${failure.message}`);
}

/**
 * Releases a claim whose call could not start because the hub lacked something, and returns the milliseconds until it
 * is due again. Throws any other error. It repeats until the release is stored, unless the process stops: an expired
 * lease would count as a crash of this process.
 */
export async function postponed(
  error: unknown,
  handBack: (waitMs: number) => PromiseLike<unknown>,
  { log, stopping }: { log: Logger; stopping: AbortSignal },
): Promise<number> {
  if (!(error instanceof HubFailure)) throw error;
  logShortage(log, error);
  const waitMs = Math.round(WAIT_MS * (0.5 + Math.random()));
  for (;;) {
    try {
      await handBack(waitMs);
      return waitMs;
    } catch (failure) {
      if (stopping.aborted) return waitMs;
      log.debug({ err: failure }, "a claim is not handed back yet, trying again");
      await delay(RETRY_MS);
    }
  }
}
