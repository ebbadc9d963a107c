import SchemaBuilder from "@pothos/core";
import type { Context } from "./context.ts";
import { DateTimeScalar, JsonScalar, TimestampScalar } from "./scalars.ts";

/**
 * Types of the scalars: `Input` is what resolvers receive as arguments, `Output` what they return.
 */
type Scalars = {
  /** Input: RFC 3339 in UTC. Output: also PostgreSQL's text format, or a Date. */
  DateTime: { Input: string; Output: string | Date };
  /** Input only; accepts several notations. */
  Timestamp: { Input: Date; Output: never };
  JSON: { Input: unknown; Output: unknown };
  ID: { Input: string; Output: string };
};

/** The only schema builder. Fields and lists are non-null by default. */
export const builder = new SchemaBuilder<{
  Context: Context;
  DefaultFieldNullability: false;
  Scalars: Scalars;
}>({ defaultFieldNullability: false });

builder.addScalarType("DateTime", DateTimeScalar);
builder.addScalarType("JSON", JsonScalar);
builder.addScalarType("Timestamp", TimestampScalar);

builder.queryType({ description: "All read operations." });
builder.mutationType({
  description: "All write operations. A mutation answers after its transaction has committed.",
});
builder.subscriptionType({
  description:
    "Changes as they happen. Every item carries a `cursor`. Subscribing again with `after: <last cursor>` continues without a gap, and in order per entity.",
});

/**
 * Ids are the rows' own UUIDs, not Relay's encoded pairs, so that `webhook-id` and the CloudEvents
 * id are the same text.
 */
export const Node = builder.interfaceRef<{ id: string }>("Node").implement({
  description: "An object that `node(id:)` can return.",
  fields: (t) => ({
    id: t.exposeID("id", { description: "Opaque id, unique across all types." }),
  }),
  resolveType: (row) => typeNames.get(row),
});

const typeNames = new WeakMap<object, string>();

/** Records the GraphQL type of a row for fields of type `Node`. */
export function asNode<Row extends { id: string }>(typeName: string, row: Row): Row {
  typeNames.set(row, typeName);
  return row;
}
