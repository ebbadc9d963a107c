import type { ResultOf } from "gql.tada";
import { graphql } from "../gql/graphql.ts";

/** What lists and the page of a hook show of it. */
export const HookRow = graphql(`
  fragment HookRow on Hook {
    id name url types format status statusReason
    triggeredCount lastTriggeredAt succeededCount failedCount waitingCount parkedCount
    hours(last: 24) { hour succeeded failed retried }
  }
`);

export type HookRow = ResultOf<typeof HookRow>;
