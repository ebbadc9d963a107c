import { graphql } from "../../gql/graphql.ts";

export const ReplayDocument = graphql(`
  mutation ReplayDeliveries($input: ReplayInput!) {
    replayDeliveries(input: $input) {
      matched
      replay { id }
      userErrors { code message path }
    }
  }
`);
