import { isObject } from "../util/isObject.ts";
/** A JSON Schema as an object; booleans are schemas too. */
export type SchemaObject = { readonly [keyword: string]: unknown };

/** One subschema of a document, where it stands, and which part of the data it looks at. */
export type Subschema = {
  schema: unknown;
  path: string[];
  /** `here`: the same value as its parent; `inside`: a part of it; `nowhere`: only where referenced. */
  looks: "here" | "inside" | "nowhere";
};

/** All subschemas of a document by JSON pointer, and what its local references stand for. */
export type SchemaDocument = {
  root: SchemaObject;
  subschemas: Map<string, Subschema>;
  /** The pointer a `$ref` leads to, or undefined when it leads to no subschema of the document. */
  resolve: (ref: string) => string | undefined;
};

/** The keywords that hold subschemas: what they look at, and whether they hold one, a list or a map. */
const applicators = {
  allOf: ["here", "list"],
  anyOf: ["here", "list"],
  oneOf: ["here", "list"],
  not: ["here", "one"],
  if: ["here", "one"],
  // biome-ignore lint/suspicious/noThenProperty: `then` is the name of the keyword.
  then: ["here", "one"],
  else: ["here", "one"],
  dependentSchemas: ["here", "map"],
  properties: ["inside", "map"],
  patternProperties: ["inside", "map"],
  additionalProperties: ["inside", "one"],
  unevaluatedProperties: ["inside", "one"],
  propertyNames: ["inside", "one"],
  prefixItems: ["inside", "list"],
  items: ["inside", "one"],
  unevaluatedItems: ["inside", "one"],
  contains: ["inside", "one"],
  $defs: ["nowhere", "map"],
  definitions: ["nowhere", "map"],
} as const satisfies Record<string, readonly [Subschema["looks"], "one" | "list" | "map"]>;

const isSchema = (value: unknown) => isObject(value) || typeof value === "boolean";

/** The JSON pointer of a path. */
export const toPointer = (path: readonly string[]) =>
  path.map((step) => `/${step.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

/**
 * Every keyword of the schema that holds subschemas, with each of them changed. What is neither an object nor a
 * boolean where a schema belongs is left out.
 */
export function mapSubschemas(
  schema: SchemaObject,
  path: string[],
  change: (subschema: Subschema) => unknown,
): Record<string, unknown> {
  const mapped: Record<string, unknown> = {};
  for (const [keyword, [looks, shape]] of Object.entries(applicators)) {
    if (!Object.hasOwn(schema, keyword)) continue;
    const value = schema[keyword];
    const visit = (subschema: unknown, ...steps: string[]) =>
      change({ schema: subschema, path: [...path, keyword, ...steps], looks });
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

/** Walks a schema of bounded depth once, and reads where its anchors and pointers lead. */
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
  visit({ schema, path: [], looks: "here" });
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
