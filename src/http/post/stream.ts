import type { ExecutionResult, GraphQLError } from "graphql";
import { requestError } from "../../graphql/gate/requestError.ts";

export type Result = ExecutionResult;
export type Results = AsyncIterableIterator<Result>;

export const isStream = (value: object): value is AsyncIterable<Result> =>
  Symbol.asyncIterator in value;

type Clean = { result: (result: Result) => Result; error: (error: unknown) => GraphQLError };

const over = { done: true, value: undefined } as const;

/**
 * The stream with its errors masked; it ends at once when `ended` fires, also while it waits for its source. An
 * async generator would not do: its `return()` waits for the pending `next()`.
 */
export function cleanStream(
  source: AsyncIterable<Result>,
  clean: Clean,
  ended?: AbortSignal,
): Results {
  const iterator = source[Symbol.asyncIterator]();
  let release: (result: IteratorResult<Result>) => void = () => {};
  let done = false;
  const end = () => {
    if (done) return;
    done = true;
    ended?.removeEventListener("abort", end);
    release(over);
    // Not awaited: a source may end slowly, the stream is over now.
    iterator.return?.().catch(() => {});
  };
  if (ended?.aborted) end();
  else ended?.addEventListener("abort", end, { once: true });
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => {
      if (done) return Promise.resolve(over);
      return new Promise((resolve, reject) => {
        release = resolve;
        iterator.next().then(
          (step) => {
            if (step.done) end();
            resolve(done || step.done ? over : { done: false, value: clean.result(step.value) });
          },
          (error) => {
            reject(clean.error(error));
            end();
          },
        );
      });
    },
    async return() {
      end();
      return over;
    },
  };
}

/** The last word to the reader of a stream whose key was revoked. */
export const keyRevoked = requestError("UNAUTHENTICATED", "The API key has been revoked.");

/** For a reader that takes results only: what is thrown, and that its key was revoked, becomes the last result. */
export async function* withErrorsAsResults(
  results: Results,
  ended: AbortSignal,
  isLive: () => boolean,
): AsyncGenerator<Result> {
  try {
    for await (const result of results) {
      if (!isLive()) break;
      yield result;
    }
    if (ended.reason === keyRevoked || !isLive()) yield { errors: [keyRevoked] };
  } catch (error) {
    yield { errors: [error as GraphQLError] };
  }
}
