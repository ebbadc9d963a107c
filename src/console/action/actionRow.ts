import type { ResultOf } from "gql.tada";
import { graphql } from "../gql/graphql.ts";

/** What a button shows of an action; what it sends may be large, and is read where it is shown. */
export const ActionRow = graphql(`
  fragment ActionRow on Action {
    id url buttonText external repeat style actionStatus: status expiresAt completedAt lastError
    presses(first: 1) { nodes { id status pressedBy pressedAt } }
  }
`);

export type ActionRow = ResultOf<typeof ActionRow>;
