import { eventStream } from "./eventStream.ts";
import type { Endpoint } from "./request.ts";
import { sleep, waitMs } from "./retry.ts";
import { SignalboxError } from "./signalboxError.ts";

/** A subscription that takes `$after` and gives `item`. */
export type Subscription = { query: string; variables: Record<string, unknown> };

/**
 * Follows a subscription from a cursor. When the connection ends it begins another one after the last item that was given, so that
 * none is missed and none comes twice. Ends when the signal aborts. `onAway` is told of each connection that failed.
 */
export async function* follow<Item extends { cursor: string }>(
  endpoint: Endpoint,
  { query, variables }: Subscription,
  after: string,
  signal: AbortSignal,
  onAway?: (why: string) => void,
): AsyncGenerator<Item, void> {
  let cursor = after;
  for (let failures = 0; !signal.aborted; ) {
    let retryAfterMs: number | null = null;
    let why = "the hub ended the stream";
    try {
      const body = JSON.stringify({ query, variables: { ...variables, after: cursor } });
      for await (const { item } of eventStream(endpoint, body, signal)) {
        failures = 0;
        cursor = (item as Item).cursor;
        yield item as Item;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!mayPass(error)) throw error;
      retryAfterMs = error.retryAfterMs;
      why = error.message;
    }
    onAway?.(why);
    await sleep(waitMs(++failures, retryAfterMs), signal).catch(() => {});
  }
}

/** A stream may outlive what is a failed call elsewhere. */
const mayPass = (error: unknown): error is SignalboxError =>
  error instanceof SignalboxError && (error.isTransient || error.code === "INTERNAL_SERVER_ERROR");
