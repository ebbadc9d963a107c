import { graphql } from "../gql/graphql.ts";

export const UpdateProjectDocument = graphql(`
  mutation UpdateProject($input: UpdateProjectInput!) {
    updateProject(input: $input) {
      project { id name requireRegisteredTypes systemEvents }
      userErrors { code message path }
    }
  }
`);
