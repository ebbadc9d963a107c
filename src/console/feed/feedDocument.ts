import { ActionRow } from "../action/actionRow.ts";
import { graphql } from "../gql/graphql.ts";
import { FeedEvent } from "./feedEvent.ts";

/** Deliveries shown as dots per event. */
export const DOTS = 12;

export const FeedDocument = graphql(
  `
  query Feed(
    $after: String, $types: [String!], $status: [EventStatus!], $category: String,
    $userId: String, $contextId: String, $search: String, $since: DateTime
  ) {
    events(
      first: 40, after: $after, types: $types, status: $status, category: $category,
      userId: $userId, contextId: $contextId, search: $search, since: $since
    ) {
      nodes {
        ...FeedEvent
        actions { ...ActionRow }
        deliveries(first: 12) {
          nodes { id status hook { id name url } }
          pageInfo { hasNextPage }
        }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
`,
  [FeedEvent, ActionRow],
);
