import type { ResultOf } from "gql.tada";
import { graphql } from "../gql/graphql.ts";

/** The fields of a delivery in a list. */
export const DeliveryRow = graphql(`
  fragment DeliveryRow on Delivery {
    id status attemptCount maxAttempts nextAttemptAt completedAt lastError createdAt
    hook { id name url status health heldUntil }
    event { id name type }
    replayOf { id }
    run { id workflow { id name } }
  }
`);

export type DeliveryRow = ResultOf<typeof DeliveryRow>;
