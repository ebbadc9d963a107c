import type { GraphQLError } from "graphql";
import { requestError } from "./requestError.ts";

const MiB = 1024 * 1024;

/** What one request may take in all, however many fields it names. */
const most = {
  answerBytes: {
    limit: 8 * MiB,
    says: "The answer: at most 8 MiB. Ask for fewer items, or for fewer of the large fields.",
  },
} as const;
export type Spending = keyof typeof most;

/** Counts what a request takes while it takes it, so that it ends before it has taken much more. */
export type RequestBudget = {
  /** Throws LIMIT_EXCEEDED, always the same error, once more has been spent than there is. */
  spend(what: Spending, amount: number): void;
  /** Why the request is over. */
  readonly exceeded: GraphQLError | undefined;
};

export function createRequestBudget(): RequestBudget {
  const spent = new Map<Spending, number>();
  let exceeded: GraphQLError | undefined;
  return {
    spend(what, amount) {
      const total = (spent.get(what) ?? 0) + amount;
      spent.set(what, total);
      if (total > most[what].limit) exceeded ??= requestError("LIMIT_EXCEEDED", most[what].says);
      if (exceeded) throw exceeded;
    },
    get exceeded() {
      return exceeded;
    },
  };
}
