import { graphql } from "../gql/graphql.ts";

/** The example of an event type. */
export const ExampleDocument = graphql(`
  query EventTypeExample($name: String!) {
    eventType(name: $name) { id example }
  }
`);

/** The example for hooks of format RESOURCE: the id of the resource. */
export const idOfResource = { id: "" };
