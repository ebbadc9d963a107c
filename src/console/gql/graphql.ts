import { initGraphQLTada } from "gql.tada";
import type { introspection } from "./schema.d.ts";

/** Any JSON value. It is untrusted: show it as text, never as markup. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/**
 * Creates a document whose result and variables are typed by the schema (updated by `npm run
 * schema`).
 */
export const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { DateTime: string; JSON: Json; Timestamp: string | number };
  disableMasking: true;
}>();
