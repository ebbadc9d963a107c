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

async function withDeadline<Result>(
  result: Promise<Result>,
  { requestId, ms = limits.operationMs }: Work,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const message = `No result within ${ms / 1000} s. Request id: ${requestId}`;
      reject(requestError("TIMEOUT", message, { requestId }));
    }, ms);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** All operations of the process, whichever door they came through. */
export function createBounded(): Bounded {
  const inFlight = createShares({
    what: "operations in flight",
    total: limits.operationsPerProcess,
  });
  return async (work, run) => {
    const release = inFlight.take(work.projectId);
    // Held until it has really ended: after a timeout it still waits for PostgreSQL and uses memory.
    return withDeadline(run().finally(release), work);
  };
}
