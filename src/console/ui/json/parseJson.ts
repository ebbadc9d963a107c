import type { Json } from "../../gql/graphql.ts";

/** What a text is as JSON, or why it is none. */
export function parseJson(text: string): { value: Json } | { problem: string } {
  try {
    return { value: JSON.parse(text) as Json };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : "Not valid JSON." };
  }
}
