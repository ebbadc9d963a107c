import type { ResultOf } from "gql.tada";
import { graphql } from "../gql/graphql.ts";

/** The fields that a button shows. What it sends may be large and is loaded where it is shown. */
export const ActionRow = graphql(`
  fragment ActionRow on Action {
    id url buttonText external repeat style actionStatus: status expiresAt completedAt lastError
    presses(first: 1) { nodes { id status pressedBy pressedAt } }
  }
`);

export type ActionRow = ResultOf<typeof ActionRow>;
