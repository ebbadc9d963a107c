import type { ResultOf } from "gql.tada";
import { graphql } from "../gql/graphql.ts";

/** The fields of a run in a list. */
export const RunRow = graphql(`
  fragment RunRow on WorkflowRun {
    id status userId createdAt startedAt stoppedAt error
    workflow { id name }
    event { id name contextId }
    rerunOf { id }
    steps {
      step { id name }
      status
      delivery { id status attemptCount maxAttempts nextAttemptAt lastError }
    }
  }
`);

export type RunRow = ResultOf<typeof RunRow>;
