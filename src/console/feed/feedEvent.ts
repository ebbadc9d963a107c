import type { ResultOf } from "gql.tada";
import { graphql } from "../gql/graphql.ts";

/** The fields of an event in a row of the feed. Its data may be large and is loaded on its page. */
export const FeedEvent = graphql(`
  fragment FeedEvent on Event {
    id type name avatar category contentType content userId contextId status origin
    occurredAt receivedAt scheduledFor
  }
`);

export type FeedEvent = ResultOf<typeof FeedEvent>;
