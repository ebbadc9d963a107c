import { isObject } from "../../util/json/isObject.ts";
import { canonicalForm, isOpen } from "../canonicalForm.ts";
import { type SchemaObject, subschemasOf } from "../document.ts";
import type { Break, Comparison } from "./comparison.ts";

/** The breaking changes in the keywords for fields and items of a value. */
export function partBreaks(
  comparison: Comparison,
  before: SchemaObject,
  after: SchemaObject,
  path: string[],
): Break[] {
  return [
    ...fieldBreaks(comparison, before, after, path),
    ...otherFieldBreaks(comparison, before, after, path),
    ...comparison.compare(before.propertyNames, after.propertyNames, [...path, "*"]),
    ...itemBreaks(comparison, before, after, path),
  ];
}

/** The fields that either version names. By convention a new optional field breaks nothing. */
function fieldBreaks(
  { compare, isStrict }: Comparison,
  before: SchemaObject,
  after: SchemaObject,
  path: string[],
): Break[] {
  const was = mapOf(before.properties);
  const is = mapOf(after.properties);
  const breaks: Break[] = [];
  const isSeen = mapOf(before.patternProperties).size > 0 || hasBranches(before);
  for (const [name, schema] of is) {
    const here = [...path, name];
    if (was.has(name)) breaks.push(...compare(was.get(name), schema, here));
    else if (isSeen || !isOpen(before.additionalProperties) || schema === false || isStrict) {
      breaks.push(...compare(isSeen ? true : before.additionalProperties, schema, here));
    }
  }
  for (const [name, schema] of was) {
    if (!is.has(name)) breaks.push(...compare(schema, after.additionalProperties, [...path, name]));
  }
  return breaks;
}

/** The fields that neither version names. */
function otherFieldBreaks(
  comparison: Comparison,
  before: SchemaObject,
  after: SchemaObject,
  path: string[],
): Break[] {
  const breaks: Break[] = [];
  const pick = ({ patternProperties = {} }: SchemaObject) => ({ patternProperties });
  const hasNone = mapOf(before.patternProperties).size + mapOf(after.patternProperties).size === 0;
  const isDropped = mapOf(after.patternProperties).size === 0 && isOpen(after.additionalProperties);
  const isSame = () =>
    canonicalForm(comparison.before, pick(before)) === canonicalForm(comparison.after, pick(after));
  if (!hasNone && !isDropped && !isSame()) breaks.push(unclear(path, "patternProperties"));
  if (after.additionalProperties !== false) {
    const others = [before.additionalProperties, after.additionalProperties] as const;
    return [...breaks, ...comparison.compare(...others, [...path, "*"])];
  }
  if (before.additionalProperties !== false) {
    breaks.push({ path, sentence: "no longer allows other fields" });
  }
  return breaks;
}

function itemBreaks(
  { compare }: Comparison,
  before: SchemaObject,
  after: SchemaObject,
  path: string[],
): Break[] {
  const was = listOf(before.prefixItems);
  const is = listOf(after.prefixItems);
  const breaks = compare(before.items, after.items, [...path, "[]"]);
  for (let index = 0; index < Math.max(was.length, is.length); index += 1) {
    const beforeHere = index < was.length ? was[index] : before.items;
    const afterHere = index < is.length ? is[index] : after.items;
    breaks.push(...compare(beforeHere, afterHere, [...path, String(index)]));
  }
  return breaks;
}

/** A change that might narrow or widen the schema; it counts as breaking. */
export const unclear = (path: string[], keyword: string): Break => ({
  path,
  sentence: `cannot be shown to be compatible: '${keyword}' changed`,
});

/** Whether a schema may constrain a field elsewhere than in `properties`. */
const hasBranches = (schema: SchemaObject) =>
  schema.$ref !== undefined || subschemasOf(schema).some(({ appliesTo }) => appliesTo === "self");

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const mapOf = (value: unknown) => new Map(isObject(value) ? Object.entries(value) : []);
