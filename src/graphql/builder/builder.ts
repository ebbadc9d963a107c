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

builder.queryType({ description: "What can be read." });
builder.mutationType({ description: "What can be done." });
builder.subscriptionType({
  description:
    "What happens, as it happens. Every item carries `cursor`; coming back with `after: <last cursor>` " +
    "continues with no gap, and in order per entity.",
});

/**
 * Anything with an id. Ids are the rows' own UUIDs, not Relay's encoded pairs: the same id stands in
 * `webhook-id` and in the CloudEvents a receiver gets.
 */
export const Node = builder.interfaceRef<{ id: string }>("Node").implement({
  description: "Anything that `node(id:)` finds.",
  fields: (t) => ({
    id: t.exposeID("id", { description: "Opaque, and unique among everything." }),
  }),
  resolveType: (row) => typeNames.get(row),
});

const typeNames = new WeakMap<object, string>();

/** Says of which type a row is, where a field's type is `Node`. */
export function asNode<Row extends { id: string }>(typeName: string, row: Row): Row {
  typeNames.set(row, typeName);
  return row;
}
