import { isObject } from "../../util/isObject.ts";
import { canonicalForm, isOpen } from "../canonicalForm.ts";
import type { SchemaObject } from "../document.ts";
import type { Break, Comparison } from "./comparison.ts";
import { unclear } from "./parts.ts";

/** Keywords that say one thing together, and nothing without the first of them. */
const units = [
  ["oneOf"],
  ["not"],
  ["if", "then", "else"],
  ["contains", "minContains", "maxContains"],
];

/**
 * What breaks by references and by the keywords that combine schemas. To leave one out asks for less; where one
 * is new or changed, the schema before as a whole, or a part of it, has to ask for as much.
 */
export function branchBreaks(
  comparison: Comparison,
  before: SchemaObject,
  after: SchemaObject,
  path: string[],
): Break[] {
  const breaks = [
    ...referenceBreaks(comparison, before, after, path),
    ...allOfBreaks(comparison, before, after, path),
    ...dependentBreaks(comparison, before, after, path),
  ];
  if (!isAnyOfCovered(comparison, before, after, path)) breaks.push(unclear(path, "anyOf"));
  for (const unit of units) {
    const [keyword = ""] = unit;
    if (after[keyword] !== undefined && !isSame(comparison, unit, before, after)) {
      breaks.push(unclear(path, keyword));
    }
  }
  for (const keyword of ["unevaluatedProperties", "unevaluatedItems"]) {
    // It depends on all that stands beside it.
    const isUnchanged = () =>
      canonicalForm(comparison.before, before) === canonicalForm(comparison.after, after);
    if (!isOpen(after[keyword]) && !isUnchanged()) breaks.push(unclear(path, keyword));
  }
  return breaks;
}

function isSame(
  comparison: Comparison,
  keywords: string[],
  before: SchemaObject,
  after: SchemaObject,
): boolean {
  const pick = (schema: SchemaObject) =>
    Object.fromEntries(keywords.map((keyword) => [keyword, schema[keyword]]));
  return (
    canonicalForm(comparison.before, pick(before)) === canonicalForm(comparison.after, pick(after))
  );
}

function referenceBreaks(
  comparison: Comparison,
  before: SchemaObject,
  after: SchemaObject,
  path: string[],
): Break[] {
  if (after.$ref === undefined) return [];
  const { $ref } = before;
  return comparison.strictly($ref === undefined ? before : { $ref }, { $ref: after.$ref }, path);
}

function allOfBreaks(
  { strictly }: Comparison,
  before: SchemaObject,
  after: SchemaObject,
  path: string[],
): Break[] {
  const was = listOf(before.allOf);
  return listOf(after.allOf).flatMap((branch, index) => {
    const covers = (source: unknown) => strictly(source, branch, path).length === 0;
    const isCovered = likely(was, index).some(covers) || covers(before);
    return isCovered ? [] : strictly(was[index] ?? before, branch, path);
  });
}

function dependentBreaks(
  { strictly }: Comparison,
  before: SchemaObject,
  after: SchemaObject,
  path: string[],
): Break[] {
  const was = isObject(before.dependentSchemas) ? before.dependentSchemas : {};
  return Object.entries(after.dependentSchemas ?? {}).flatMap(([name, schema]) =>
    strictly(Object.hasOwn(was, name) ? was[name] : before, schema, path),
  );
}

/** Whether all that came before finds a branch, by each of its own branches or as a whole. */
function isAnyOfCovered(
  { strictly }: Comparison,
  before: SchemaObject,
  after: SchemaObject,
  path: string[],
): boolean {
  const branches = listOf(after.anyOf);
  if (branches.length === 0) return true;
  const isCovered = (source: unknown, index: number) =>
    likely(branches, index).some((branch) => strictly(source, branch, path).length === 0);
  // Of `oneOf`, too, at least one branch holds.
  const own = [before.anyOf, before.oneOf].map(listOf).filter((list) => list.length > 0);
  return own.some((list) => list.every(isCovered)) || isCovered(before, 0);
}

/** A list from its likeliest member on: what stands at the same place. */
const likely = (list: unknown[], index: number) => [...list.slice(index), ...list.slice(0, index)];

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
