import { isObject } from "../util/json/isObject.ts";
import {
  mapSubschemas,
  type SchemaDocument,
  type SchemaObject,
  type Subschema,
  subschemasOf,
  toPointer,
} from "./document.ts";
import { textFormat } from "./formats.ts";

/** The keyword that charges the meter for a subschema; its value is the subschema's weight. */
export const meterKeyword = "meter";

/** Keywords that constrain the data by themselves. Keywords in no list are annotations. */
const assertions = [
  "type",
  "enum",
  "const",
  "multipleOf",
  "minimum",
  "exclusiveMinimum",
  "maximum",
  "exclusiveMaximum",
  "minLength",
  "maxLength",
  "pattern",
  "minItems",
  "maxItems",
  "uniqueItems",
  "minContains",
  "maxContains",
  "minProperties",
  "maxProperties",
  "required",
  "dependentRequired",
];

/** The schema for ajv, and the pointer of each of its objects in the schema as written. */
export type Prepared = { schema: SchemaObject; pointers: Map<unknown, string> };

/**
 * Rewrites a schema for ajv. It keeps only the keywords of JSON Schema 2020-12 (ajv knows more, some of which change
 * how it runs: `$async`, `nullable`), moves every target of a reference to a numbered entry of `$defs` (so that ajv
 * resolves a reference as this code does, however it is spelled), and adds a meter wherever a schema is applied to a
 * value.
 */
export function prepareSchema(document: SchemaDocument): Prepared {
  const pointers = new Map<unknown, string>();
  const targets = new Map<string, number>();
  for (const { schema } of document.subschemas.values()) {
    const target = isObject(schema) ? targetOf(document, schema) : undefined;
    if (target !== undefined && !targets.has(target)) targets.set(target, targets.size);
  }
  const reference = (pointer: string) => ({ $ref: `#/$defs/${targets.get(pointer)}` });

  const write = ({ schema, path, appliesTo }: Subschema): unknown => {
    if (!isObject(schema)) return schema;
    const target = targetOf(document, schema);
    const copy = {
      ...assertionsOf(schema),
      ...(target === undefined ? {} : reference(target)),
      ...mapSubschemas(schema, path, place),
      ...(appliesTo === "self" ? {} : { [meterKeyword]: weight(schema) }),
    };
    pointers.set(copy, toPointer(path));
    return copy;
  };
  const place = (subschema: Subschema): unknown => {
    if (subschema.appliesTo === "none") return true;
    const pointer = toPointer(subschema.path);
    return targets.has(pointer) ? reference(pointer) : write(subschema);
  };
  const define = ([pointer, number]: [string, number]) => {
    const { schema, path } = document.subschemas.get(pointer) ?? { schema: true, path: [] };
    return [number, write({ schema, path, appliesTo: "child" })];
  };
  const root = place({ schema: document.root, path: [], appliesTo: "child" });
  return {
    schema: { ...Object(root), $defs: Object.fromEntries([...targets].map(define)) },
    pointers,
  };
}

const targetOf = (document: SchemaDocument, { $ref }: SchemaObject) =>
  typeof $ref === "string" ? document.resolve($ref) : undefined;

/** The assertions of a schema, without its subschemas and annotations. */
export function assertionsOf(schema: SchemaObject): Record<string, unknown> {
  const present = assertions.filter((keyword) => Object.hasOwn(schema, keyword));
  const entries = present.map((keyword) => [keyword, schema[keyword]]);
  return Object.fromEntries(
    textFormat(schema.format) ? [...entries, ["format", schema.format]] : entries,
  );
}

/** The steps to check a value against a schema, without the parts of the value and without references. */
function weight(schema: SchemaObject): number {
  let steps = 1 + countNodes(Object.values(assertionsOf(schema)));
  for (const child of subschemasOf(schema)) {
    steps += child.appliesTo === "self" && isObject(child.schema) ? weight(child.schema) : 1;
  }
  return steps;
}

const countNodes = (value: unknown): number =>
  typeof value === "object" && value !== null
    ? Object.values(value).reduce<number>((sum, part) => sum + countNodes(part), 1)
    : 1;
