import type { Json } from "../../gql/graphql.ts";

/** Parses JSON; returns the value or a problem. */
export function parseJson(text: string): { value: Json } | { problem: string } {
  try {
    return { value: JSON.parse(text) as Json };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : "Not valid JSON." };
  }
}
