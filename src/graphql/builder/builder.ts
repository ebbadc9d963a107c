import SchemaBuilder from "@pothos/core";
import type { Context } from "./context.ts";
import { DateTimeScalar, JsonScalar, TimestampScalar } from "./scalars.ts";

/** What field resolvers of these scalars return, and what arguments of them arrive as. */
type Scalars = {
  /** In: RFC 3339 in UTC. Out: also PostgreSQL's own text, or a Date. */
  DateTime: { Input: string; Output: string | Date };
  /** In only: a moment, however it was written. */
  Timestamp: { Input: Date; Output: never };
  JSON: { Input: unknown; Output: unknown };
  ID: { Input: string; Output: string };
};

/** The one schema builder: fields and lists are non-null unless they say otherwise. */
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
 * Anything with an id. Ids are the rows' own UUIDs, not Relay's encoded pairs: the same id stands in
 * `webhook-id` and in the CloudEvents a receiver gets.
 */
export const Node = builder.interfaceRef<{ id: string }>("Node").implement({
  description: "An object that `node(id:)` can return.",
  fields: (t) => ({
    id: t.exposeID("id", { description: "Opaque id, unique across all types." }),
  }),
  resolveType: (row) => typeNames.get(row),
});

const typeNames = new WeakMap<object, string>();

/** Says of which type a row is, where a field's type is `Node`. */
export function asNode<Row extends { id: string }>(typeName: string, row: Row): Row {
  typeNames.set(row, typeName);
  return row;
}
