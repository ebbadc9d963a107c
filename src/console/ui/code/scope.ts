import type { Json } from "../../gql/graphql.ts";

/** Names that may be written at a place, and what is below each. */
export type Scope = ReadonlyMap<string, Entry>;
type Entry = { type: string; fields: () => Scope };

/** A part of a schema, with the whole that its references are relative to. */
type Located = { root: Json; schema: Json };

const isObject = (value: Json | undefined): value is { [name: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

export const emptyScope: Scope = new Map();

/** A scope with these names, below which is what is given. */
export const scopeOf = (entries: Record<string, Scope | string>): Scope =>
  new Map(
    Object.entries(entries).map(([name, below]) => [
      name,
      typeof below === "string"
        ? { type: below, fields: () => emptyScope }
        : { type: "object", fields: () => below },
    ]),
  );

/** The properties that JSON Schemas name: of lists those of their items, as in a selection. */
export const scopeOfSchemas = (schemas: readonly Json[]): Scope =>
  scopeOfParts(schemas.map((schema) => ({ root: schema, schema })));

function scopeOfParts(parts: readonly Located[]): Scope {
  const found = new Map<string, Located[]>();
  const seen = new Set<Json>();
  const visit = ({ root, schema }: Located) => {
    if (!isObject(schema) || seen.has(schema)) return;
    seen.add(schema);
    const properties = isObject(schema.properties) ? schema.properties : {};
    for (const [name, property] of Object.entries(properties)) {
      found.set(name, [...(found.get(name) ?? []), { root, schema: property }]);
    }
    const { allOf, anyOf, oneOf, items, $ref } = schema;
    const others = [...listOf(allOf), ...listOf(anyOf), ...listOf(oneOf)];
    for (const part of [...others, items ?? null, targetOf(root, $ref)]) {
      visit({ root, schema: part });
    }
  };
  for (const part of parts) visit(part);
  return new Map(
    [...found].map(([name, below]) => [
      name,
      // A schema may refer to itself, so what is below is looked up only when it is asked for.
      { type: typeOf(below), fields: () => scopeOfParts(below) },
    ]),
  );
}

function targetOf(root: Json, reference: Json | undefined): Json {
  if (typeof reference !== "string" || !reference.startsWith("#")) return null;
  const names = reference.slice(1).split("/").slice(1);
  return names.reduce((from: Json, name) => {
    const key = name.replaceAll("~1", "/").replaceAll("~0", "~");
    return isObject(from) ? (from[key] ?? null) : null;
  }, root);
}

function typeOf(parts: readonly Located[]): string {
  const types = parts.flatMap(({ schema }) =>
    isObject(schema) ? [schema.type ?? null].flat().filter((it) => typeof it === "string") : [],
  );
  return [...new Set(types)].join(" | ");
}

/** What is below a path of names; empty where nothing is known. */
export const below = (scope: Scope, path: readonly string[]): Scope =>
  path.reduce((from, name) => from.get(name)?.fields() ?? emptyScope, scope);
