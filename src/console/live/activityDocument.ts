import type { ResultOf } from "gql.tada";
import { ActionRow } from "../action/actionRow.ts";
import { FeedEvent } from "../feed/feedEvent.ts";
import { graphql } from "../gql/graphql.ts";

/** The console's only stream: what pages need to know about a change, and what the feed shows. */
export const ActivityDocument = graphql(
  `
  subscription Activity($after: String!) {
    activity(after: $after) {
      cursor
      at
      node {
        __typename
        id
        ... on Event { ...FeedEvent }
        ... on Delivery { deliveryStatus: status event { id } hook { id name url } }
        ... on WorkflowRun { runStatus: status workflow { id } event { id } }
        ... on Action { ...ActionRow event { id } }
      }
    }
  }
`,
  [FeedEvent, ActionRow],
);

/** The changed object, as it was at the change. */
export type Changed = ResultOf<typeof ActivityDocument>["activity"]["node"];
