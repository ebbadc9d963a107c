import type { ResultOf } from "gql.tada";
import { graphql } from "../gql/graphql.ts";

/** What a row of the feed shows of an event; its data may be large, and is read where it is shown. */
export const FeedEvent = graphql(`
  fragment FeedEvent on Event {
    id type name avatar category contentType content userId contextId status origin
    occurredAt receivedAt scheduledFor
  }
`);

export type FeedEvent = ResultOf<typeof FeedEvent>;
