import { isObject } from "../util/json/isObject.ts";
import { readDocument, type SchemaDocument, type SchemaObject } from "./document.ts";

/** A part of some data, by the subschemas that may describe it; ANY when nothing is known of it. */
export type Part = { document: SchemaDocument; schemas: unknown[] } | "ANY";

/** Subschemas looked at for one field; beyond that anything may be there. */
const MAX_STEPS = 2_000;
/** Keywords that may describe fields without naming them. */
const open = ["patternProperties", "if", "then", "else", "dependentSchemas", "not"];

export const wholeData = (schema: SchemaObject | null): Part =>
  schema === null ? "ANY" : { document: readDocument(schema), schemas: [schema] };

/** The only values that a schema allows, if it names them. */
const valuesOf = (schema: Record<string, unknown>): unknown[] | undefined =>
  Array.isArray(schema.enum)
    ? schema.enum
    : Object.hasOwn(schema, "const")
      ? [schema.const]
      : undefined;

const isComposite = (value: unknown) => typeof value === "object" && value !== null;

/**
 * What a schema tells of a field of objects in this part, or in its lists: undefined when the part has no such field.
 * A schema that names properties, or requires them, has these alone, also when it allows others.
 */
export function fieldOf(part: Part, name: string): Part | undefined {
  if (part === "ANY") return "ANY";
  const { document } = part;
  const found: unknown[] = [];
  let steps = 0;
  let isAny = false;

  function look(schema: unknown) {
    steps += 1;
    if (steps > MAX_STEPS || schema === true) isAny = true;
    if (isAny || !isObject(schema)) return;
    const { $ref, type, properties, additionalProperties, items, prefixItems } = schema;
    const before = found.length;
    const branches = ["allOf", "anyOf", "oneOf"].flatMap((key) => list(schema[key]));
    for (const branch of branches) look(branch);
    const target = typeof $ref === "string" ? document.resolve($ref) : undefined;
    if (target !== undefined) look(document.subschemas.get(target)?.schema);
    const types = type === undefined ? undefined : [type].flat();
    const isObjectHere = isObject(properties) || isObject(additionalProperties);
    const isListHere = items !== undefined || prefixItems !== undefined;
    if (types === undefined || types.includes("array"))
      for (const item of [items, ...list(prefixItems)]) if (item !== undefined) look(item);
    if (types?.includes("array") && !isListHere) isAny = true;
    if (types !== undefined && !types.includes("object")) return;
    if (isObject(properties) && Object.hasOwn(properties, name)) found.push(properties[name]);
    else if (isObject(additionalProperties)) found.push(additionalProperties);
    else if (list(schema.required).includes(name)) isAny = true;
    else if (open.some((keyword) => Object.hasOwn(schema, keyword))) isAny = true;
    else {
      const tells = isObjectHere || isListHere || branches.length > 0 || target !== undefined;
      const isValue = valuesOf(schema)?.some(isComposite) === false;
      if (!tells && !isValue && found.length === before) isAny = true;
    }
  }

  for (const schema of part.schemas) look(schema);
  if (isAny) return "ANY";
  return found.length === 0 ? undefined : { document, schemas: found };
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** Whether objects, or lists, may be there: whether anything inside can be asked for. */
export function hasFields(part: Part): boolean {
  if (part === "ANY") return true;
  const { document } = part;
  let steps = 0;
  const look = (schema: unknown): boolean => {
    steps += 1;
    if (steps > MAX_STEPS || schema === true) return true;
    if (!isObject(schema)) return false;
    const { $ref, type } = schema;
    if (type !== undefined) return [type].flat().some((one) => one === "object" || one === "array");
    const target = typeof $ref === "string" ? document.resolve($ref) : undefined;
    const inside = [
      ...["allOf", "anyOf", "oneOf"].flatMap((key) => list(schema[key])),
      ...(target === undefined ? [] : [document.subschemas.get(target)?.schema]),
    ];
    const values = valuesOf(schema);
    if (values) return values.some(isComposite);
    return inside.length === 0 || inside.some(look);
  };
  return part.schemas.some(look);
}

/** The names that a part's schemas give to fields, for a message. */
export function namesOf(part: Part): string[] {
  if (part === "ANY") return [];
  const names = part.schemas.flatMap((schema) =>
    isObject(schema) && isObject(schema.properties) ? Object.keys(schema.properties) : [],
  );
  return [...new Set(names)];
}
