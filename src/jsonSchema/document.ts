import { isObject } from "../util/json/isObject.ts";
/** A JSON Schema as an object; booleans are schemas too. */
export type SchemaObject = { readonly [keyword: string]: unknown };

/** One subschema of a document, its path, and which part of the data it applies to. */
export type Subschema = {
  schema: unknown;
  path: string[];
  /** `self`: the same value as its parent; `child`: a part of that value; `none`: only where it is referenced. */
  appliesTo: "self" | "child" | "none";
};

/** All subschemas of a document by JSON pointer, and the targets of its local references. */
export type SchemaDocument = {
  root: SchemaObject;
  subschemas: Map<string, Subschema>;
  /** The pointer of a `$ref`'s target, or undefined when it refers to no subschema of the document. */
  resolve: (ref: string) => string | undefined;
};

/** The keywords that hold subschemas: what these apply to, and whether the keyword holds one, a list or a map. */
const applicators = {
  allOf: ["self", "list"],
  anyOf: ["self", "list"],
  oneOf: ["self", "list"],
  not: ["self", "one"],
  if: ["self", "one"],
  // biome-ignore lint/suspicious/noThenProperty: `then` is the name of the keyword.
  then: ["self", "one"],
  else: ["self", "one"],
  dependentSchemas: ["self", "map"],
  properties: ["child", "map"],
  patternProperties: ["child", "map"],
  additionalProperties: ["child", "one"],
  unevaluatedProperties: ["child", "one"],
  propertyNames: ["child", "one"],
  prefixItems: ["child", "list"],
  items: ["child", "one"],
  unevaluatedItems: ["child", "one"],
  contains: ["child", "one"],
  $defs: ["none", "map"],
  definitions: ["none", "map"],
} as const satisfies Record<string, readonly [Subschema["appliesTo"], "one" | "list" | "map"]>;

const isSchema = (value: unknown) => isObject(value) || typeof value === "boolean";

/** The JSON pointer of a path. */
export const toPointer = (path: readonly string[]) =>
  path.map((step) => `/${step.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

/**
 * Maps every subschema of a schema, by keyword. Leaves out values that are neither an object nor a boolean where a
 * schema belongs.
 */
export function mapSubschemas(
  schema: SchemaObject,
  path: string[],
  change: (subschema: Subschema) => unknown,
): Record<string, unknown> {
  const mapped: Record<string, unknown> = {};
  for (const [keyword, [appliesTo, shape]] of Object.entries(applicators)) {
    if (!Object.hasOwn(schema, keyword)) continue;
    const value = schema[keyword];
    const visit = (subschema: unknown, ...steps: string[]) =>
      change({ schema: subschema, path: [...path, keyword, ...steps], appliesTo });
    if (shape === "one" && isSchema(value)) mapped[keyword] = visit(value);
    if (shape === "list" && Array.isArray(value)) {
      mapped[keyword] = value.filter(isSchema).map((item, index) => visit(item, String(index)));
    }
    if (shape === "map" && isObject(value)) {
      const entries = Object.entries(value).filter(([, entry]) => isSchema(entry));
      mapped[keyword] = Object.fromEntries(
        entries.map(([name, entry]) => [name, visit(entry, name)]),
      );
    }
  }
  return mapped;
}

/** The direct subschemas of a schema. */
export function subschemasOf(schema: SchemaObject, path: string[] = []): Subschema[] {
  const found: Subschema[] = [];
  mapSubschemas(schema, path, (subschema) => found.push(subschema));
  return found;
}

/** Walks a schema of bounded depth once and resolves its anchors and pointers. */
export function readDocument(schema: SchemaObject): SchemaDocument {
  const subschemas = new Map<string, Subschema>();
  const anchors = new Map<string, string>();
  const visit = (subschema: Subschema) => {
    const pointer = toPointer(subschema.path);
    subschemas.set(pointer, subschema);
    if (!isObject(subschema.schema)) return;
    const { $anchor } = subschema.schema;
    if (typeof $anchor === "string") anchors.set($anchor, pointer);
    for (const child of subschemasOf(subschema.schema, subschema.path)) visit(child);
  };
  visit({ schema, path: [], appliesTo: "self" });
  return {
    root: schema,
    subschemas,
    resolve(ref) {
      if (!ref.startsWith("#")) return undefined;
      const fragment = decode(ref.slice(1));
      const pointer =
        fragment === "" || fragment?.startsWith("/") ? fragment : anchors.get(fragment ?? "");
      return pointer !== undefined && subschemas.has(pointer) ? pointer : undefined;
    },
  };
}

function decode(fragment: string): string | undefined {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return undefined;
  }
}
