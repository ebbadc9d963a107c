import type { ResultOf } from "gql.tada";
import { graphql } from "../gql/graphql.ts";

export const ResourceTypesDocument = graphql(`
  query ResourceTypes {
    resourceTypes { id name createdEvent updatedEvent deletedEvent }
  }
`);

export type ResourceType = ResultOf<typeof ResourceTypesDocument>["resourceTypes"][number];
