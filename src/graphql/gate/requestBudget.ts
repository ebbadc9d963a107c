import { Overloaded } from "../../util/overloaded.ts";
import type { Release, Shares } from "../../util/shares.ts";
import { requestError } from "./requestError.ts";

const MiB = 1024 * 1024;

/** The total limits of one request. */
const budgetLimits = {
  answerBytes: {
    limit: 8 * MiB,
    message: "The answer: at most 8 MiB. Ask for fewer items or fewer large fields.",
  },
  readBytes: {
    limit: 32 * MiB,
    message:
      "Rows read for one request: at most 32 MiB. Ask for fewer items or fewer large fields.",
  },
  hooksExamined: {
    limit: 50_000,
    message: "Hooks examined for `why`: at most 50,000 per request. Ask for fewer events.",
  },
} as const;
type Spending = keyof typeof budgetLimits;

/**
 * Only memory beyond this size per request counts towards the project's share, because small
 * requests do not matter.
 */
const UNSHARED = 64 * 1024;

const SHARE_EXCEEDED =
  "The answer is incomplete: the requests of this project that are in progress use more than their share of memory. " +
  "A mutation was executed. Ask for less, send fewer requests at once, or retry in 1 s.";

/** Counts what a request uses as it uses it, so that an excessive one is stopped early. */
export type RequestBudget = {
  /**
   * Throws once a limit is exceeded, and the same error from then on: LIMIT_EXCEEDED, or Overloaded
   * if other requests of the project use the shared memory.
   */
  spend(what: Spending, amount: number): void;
  /** The error of the exceeded limit, if any. */
  readonly exceeded: Error | undefined;
  /** Returns the request's part of the shared memory. Call it when the request has ended. */
  release(): void;
};

/** `memory` limits what the requests of each project hold together, in MiB. */
export function createRequestBudget(memory?: Shares, projectId = ""): RequestBudget {
  const spent = new Map<Spending, number>();
  const held: Release[] = [];
  let bytes = 0;
  let exceeded: Error | undefined;
  let isOver = false;

  function share(): void {
    try {
      while (memory && !isOver && bytes > held.length * MiB + UNSHARED)
        held.push(memory.take(projectId));
    } catch (error) {
      if (!(error instanceof Overloaded)) throw error;
      // Overloaded's own message would say that nothing was done.
      exceeded ??= new Overloaded(SHARE_EXCEEDED, error.retryAfter);
    }
  }

  return {
    spend(what, amount) {
      const total = (spent.get(what) ?? 0) + amount;
      spent.set(what, total);
      if (what !== "hooksExamined") bytes += amount;
      if (total > budgetLimits[what].limit)
        exceeded ??= requestError("LIMIT_EXCEEDED", budgetLimits[what].message);
      if (!exceeded) share();
      if (exceeded) throw exceeded;
    },
    get exceeded() {
      return exceeded;
    },
    release() {
      isOver = true;
      for (const one of held.splice(0)) one();
    },
  };
}
