import { isObject } from "../util/isObject.ts";
import {
  mapSubschemas,
  type SchemaDocument,
  type SchemaObject,
  type Subschema,
  subschemasOf,
  toPointer,
} from "./document.ts";
import { textFormat } from "./formats.ts";

/** The keyword that has the meter charge for a subschema; its value is the subschema's weight. */
export const meterKeyword = "meter";

/** Keywords that say something about the data by themselves. All that is not in a list is an annotation. */
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

/** The schema as ajv is given it, and where each of its objects comes from in the schema as written. */
export type Prepared = { schema: SchemaObject; pointers: Map<unknown, string> };

/**
 * Writes a schema anew for ajv: only the keywords of JSON Schema 2020-12 (ajv knows more, some of which change
 * how it runs: `$async`, `nullable`), every target of a reference under a number of its own in `$defs` (so that
 * ajv finds what we found, however the reference is spelled), and a meter wherever a schema meets a value.
 */
export function prepareSchema(document: SchemaDocument): Prepared {
  const pointers = new Map<unknown, string>();
  const targets = new Map<string, number>();
  for (const { schema } of document.subschemas.values()) {
    const target = isObject(schema) ? targetOf(document, schema) : undefined;
    if (target !== undefined && !targets.has(target)) targets.set(target, targets.size);
  }
  const reference = (pointer: string) => ({ $ref: `#/$defs/${targets.get(pointer)}` });

  const write = ({ schema, path, looks }: Subschema): unknown => {
    if (!isObject(schema)) return schema;
    const target = targetOf(document, schema);
    const copy = {
      ...assertionsOf(schema),
      ...(target === undefined ? {} : reference(target)),
      ...mapSubschemas(schema, path, place),
      ...(looks === "here" ? {} : { [meterKeyword]: weight(schema) }),
    };
    pointers.set(copy, toPointer(path));
    return copy;
  };
  const place = (subschema: Subschema): unknown => {
    if (subschema.looks === "nowhere") return true;
    const pointer = toPointer(subschema.path);
    return targets.has(pointer) ? reference(pointer) : write(subschema);
  };
  const define = ([pointer, number]: [string, number]) => {
    const { schema, path } = document.subschemas.get(pointer) ?? { schema: true, path: [] };
    return [number, write({ schema, path, looks: "inside" })];
  };
  const root = place({ schema: document.root, path: [], looks: "inside" });
  return {
    schema: { ...Object(root), $defs: Object.fromEntries([...targets].map(define)) },
    pointers,
  };
}

const targetOf = (document: SchemaDocument, { $ref }: SchemaObject) =>
  typeof $ref === "string" ? document.resolve($ref) : undefined;

/** What a schema asks by itself, without its subschemas and annotations. */
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
    steps += child.looks === "here" && isObject(child.schema) ? weight(child.schema) : 1;
  }
  return steps;
}

const countNodes = (value: unknown): number =>
  typeof value === "object" && value !== null
    ? Object.values(value).reduce<number>((sum, part) => sum + countNodes(part), 1)
    : 1;
