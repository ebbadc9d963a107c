import { PATIENCE_MS } from "./emit.ts";
import { follow as followFrom, type Subscription } from "./follow.ts";
import { type Endpoint, send } from "./request.ts";
import { sleep, withRetries } from "./retry.ts";

/** Follows subscriptions of a hub, from a cursor or from now on. */
export function createFollower(endpoint: Endpoint) {
  /** Reads of where the feed ends that are on their way, each with its repeats. */
  const reads = new Set<Promise<unknown>>();

  function readEnd(signal: AbortSignal): Promise<string> {
    const read = withRetries(
      async () =>
        (await send<{ feedCursor: string }>(endpoint, '{"query":"{ feedCursor }"}', signal))
          .feedCursor,
      { deadline: Number.POSITIVE_INFINITY, mayRetry: (error) => error.isTransient, signal },
    );
    reads.add(read);
    const forget = () => reads.delete(read);
    read.then(forget, forget);
    return read;
  }

  return {
    /**
     * Resolves when those that follow from now on have their beginning, so that what this client emits next is not missed; or when
     * the hub is away for so long that an emit would be told.
     */
    async begun(): Promise<void> {
      const done = new AbortController();
      const late = sleep(PATIENCE_MS, done.signal).catch(() => {});
      await Promise.race([Promise.allSettled(reads), late]);
      done.abort();
    },

    follow<Item extends { cursor: string }>(
      subscription: Subscription,
      after: string | undefined,
      signal: AbortSignal | undefined,
    ): AsyncIterableIterator<Item> {
      const stop = new AbortController();
      const ended = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
      const begin = after === undefined ? readEnd(ended) : Promise.resolve(after);
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
