import type { ResultOf } from "gql.tada";
import { ActionRow } from "../action/actionRow.ts";
import { FeedEvent } from "../feed/feedEvent.ts";
import { graphql } from "../gql/graphql.ts";

/** The one stream of the console: what every page needs to know of a change, and the feed to show it. */
export const ActivityDocument = graphql(
  `
  subscription Activity($after: String!) {
    activity(after: $after) {
      cursor
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

/** What changed, as it was then. */
export type Changed = ResultOf<typeof ActivityDocument>["activity"]["node"];
