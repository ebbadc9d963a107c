import type { ResultOf } from "gql.tada";
import { graphql } from "../gql/graphql.ts";

/** A press with its call. */
export const PressRow = graphql(`
  fragment PressRow on Press {
    id status pressedBy pressedAt error requestBody
    attempt {
      id number startedAt elapsedMs outcome statusCode error remoteAddress
      requestHeaders responseHeaders responseBody responseTruncated
    }
  }
`);

export type PressRow = ResultOf<typeof PressRow>;
