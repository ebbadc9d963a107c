import { initGraphQLTada } from "gql.tada";
import type { introspection } from "./schema.d.ts";

/** Any JSON value. Whatever is read from it comes from others: it is shown as text, never as markup. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Writes a document whose result and variables are typed by the schema: `npm run schema` renews it. */
export const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { DateTime: string; JSON: Json; Timestamp: string | number };
  disableMasking: true;
}>();
