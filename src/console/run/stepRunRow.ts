import type { ResultOf } from "gql.tada";
import { graphql } from "../gql/graphql.ts";

/** The fields of a step on the page of its run. */
export const StepRunRow = graphql(`
  fragment StepRunRow on StepRun {
    step { id name method url }
    status
    output
    delivery { id status attemptCount maxAttempts nextAttemptAt lastError }
  }
`);

export type StepRunRow = ResultOf<typeof StepRunRow>;
