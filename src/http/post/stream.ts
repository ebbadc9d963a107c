import type { ExecutionResult, GraphQLError } from "graphql";
import { requestError } from "../../graphql/gate/requestError.ts";

export type Result = ExecutionResult;
export type Results = AsyncIterableIterator<Result>;

export const isStream = (value: object): value is AsyncIterable<Result> =>
  Symbol.asyncIterator in value;

type Clean = { result: (result: Result) => Result; error: (error: unknown) => GraphQLError };

const over = { done: true, value: undefined } as const;

/**
 * Masks the errors of a stream and ends it at once when `ended` aborts, even while it waits for its
 * source. An async generator would not work: its `return()` waits for the pending `next()`.
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
    // Not awaited: the source may end slowly, but the stream has ended.
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

/** Why work ends whose client has left. */
export const connectionEnded = new Error("the connection has ended");

/** The last error of a stream whose key was revoked. */
export const keyRevoked = requestError("UNAUTHENTICATED", "The API key has been revoked.");

/**
 * Turns a thrown error or the revocation of the key into the last result, for transports that carry
 * only results.
 */
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
