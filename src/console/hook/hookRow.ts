import type { ResultOf } from "gql.tada";
import { graphql } from "../gql/graphql.ts";

/** The fields of a hook in lists and on its page. */
export const HookRow = graphql(`
  fragment HookRow on Hook {
    id name url types format status statusReason health
    triggeredCount lastTriggeredAt succeededCount failedCount waitingCount parkedCount
    hours(last: 24) { hour succeeded failed retried }
  }
`);

export type HookRow = ResultOf<typeof HookRow>;
