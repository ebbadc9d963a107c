import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "../../log.ts";
import { HubFailure } from "../../outbound/call/hubFailure.ts";

/** How long what the hub itself could not send waits, give or take a half, until it is tried again. */
const WAIT_MS = 1_000;
const RETRY_MS = 500;
/** A shortage fails thousands of calls a minute; the log is told of it once in so long. */
const LOG_EVERY_MS = 5_000;

let loggedAt = Number.NEGATIVE_INFINITY;

function logShortage(log: Logger, failure: HubFailure) {
  if (performance.now() - loggedAt < LOG_EVERY_MS) return;
  loggedAt = performance.now();
  log.warn(`calls wait and are tried again: ${failure.message}`);
}

/**
 * Hands back a claim whose call could not be begun for a lack of the hub's own, and gives the milliseconds after which
 * it is due again; any other error is thrown. Until it is written, unless the process stops: a claim that merely ran
 * out would be taken for a death of this process.
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
