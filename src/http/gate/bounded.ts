import { requestError } from "../../graphql/gate/requestError.ts";
import { createShares } from "../../util/shares.ts";
import { limits } from "./limits.ts";

/** The project that a piece of work is for, and how long its caller waits: 30 s unless said otherwise. */
type Work = { projectId: string; requestId: string; ms?: number | undefined };

/**
 * Does a piece of work within the limits of the process. Throws Overloaded when the project has too
 * much under way, and TIMEOUT when the caller has waited long enough; the work then goes on.
 */
export type Bounded = <Result>(work: Work, run: () => Promise<Result>) => Promise<Result>;

const timeout = (ms: number, requestId: string) =>
  requestError("TIMEOUT", `No result within ${ms / 1000} s. Request id: ${requestId}`, {
    requestId,
  });

/** All operations of the process, whichever door they came through. */
export function createBounded(): Bounded {
  const inFlight = createShares({
    what: "operations in flight",
    total: limits.operationsPerProcess,
  });
  return async ({ projectId, requestId, ms = limits.operationMs }, run) => {
    const release = inFlight.take(projectId);
    // Not Promise.race: this is the hot path, where its promises cost more than the timer.
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(timeout(ms, requestId)), ms);
      // Held until it has really ended: after a timeout it still waits for PostgreSQL and uses memory.
      const end = () => {
        clearTimeout(timer);
        release();
      };
      run().then(
        (result) => {
          end();
          resolve(result);
        },
        (error) => {
          end();
          reject(error);
        },
      );
    });
  };
}
