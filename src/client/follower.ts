import { follow as followFrom, type Subscription } from "./follow.ts";
import { type Endpoint, send } from "./request.ts";
import { withRetries } from "./retry.ts";

/** Follows subscriptions of a hub, from a cursor or from now on. */
export function createFollower(endpoint: Endpoint) {
  /** Reads of where the feed ends that are on their way. */
  const reads = new Set<Promise<unknown>>();

  function readEnd(signal: AbortSignal): Promise<{ feedCursor: string }> {
    const read = send<{ feedCursor: string }>(endpoint, '{"query":"{ feedCursor }"}', signal);
    reads.add(read);
    const forget = () => reads.delete(read);
    read.then(forget, forget);
    return read;
  }

  return {
    /** Resolves when those that follow from now on have their beginning, so that what this client emits next is not missed. */
    begun: () => Promise.allSettled(reads),

    follow<Item extends { cursor: string }>(
      subscription: Subscription,
      after: string | undefined,
      signal: AbortSignal | undefined,
    ): AsyncIterableIterator<Item> {
      const stop = new AbortController();
      const ended = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
      const begin = withRetries(async () => after ?? (await readEnd(ended)).feedCursor, {
        deadline: Number.POSITIVE_INFINITY,
        mayRetry: (error) => error.isTransient,
        signal: ended,
      });
      // Told by next(), and to nobody when that is never called.
      begin.catch(() => {});
      const items = (async function* () {
        try {
          yield* followFrom<Item>(endpoint, subscription, await begin, ended);
        } catch (error) {
          if (!ended.aborted) throw error;
        }
        signal?.throwIfAborted();
      })();
      return {
        next: () => items.next(),
        // A generator's own would wait for the next item.
        return() {
          stop.abort();
          return items.return();
        },
        [Symbol.asyncIterator]() {
          return this;
        },
      };
    },
  };
}
