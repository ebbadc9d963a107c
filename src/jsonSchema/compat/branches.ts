import { isObject } from "../../util/json/isObject.ts";
import { canonicalForm, isOpen } from "../canonicalForm.ts";
import type { SchemaObject } from "../document.ts";
import type { Break, Comparison } from "./comparison.ts";
import { unclear } from "./parts.ts";

/** Keywords that only have a meaning together, the first of them always present. */
const keywordGroups = [
  ["oneOf"],
  ["not"],
  ["if", "then", "else"],
  ["contains", "minContains", "maxContains"],
];

/**
 * The breaking changes in references and in the keywords that combine schemas. Removing a branch relaxes the schema; a
 * new or changed one must be implied by the old schema as a whole, or by a part of it.
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
  for (const group of keywordGroups) {
    const [keyword = ""] = group;
    if (after[keyword] !== undefined && !isSame(comparison, group, before, after)) {
      breaks.push(unclear(path, keyword));
    }
  }
  for (const keyword of ["unevaluatedProperties", "unevaluatedItems"]) {
    // It depends on everything beside it.
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
    const isCovered = rotated(was, index).some(covers) || covers(before);
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

/** Whether the branches accept everything that the old schema accepts, compared as a whole or branch by branch. */
function isAnyOfCovered(
  { strictly }: Comparison,
  before: SchemaObject,
  after: SchemaObject,
  path: string[],
): boolean {
  const branches = listOf(after.anyOf);
  if (branches.length === 0) return true;
  const isCovered = (source: unknown, index: number) =>
    rotated(branches, index).some((branch) => strictly(source, branch, path).length === 0);
  // At least one branch of `oneOf` must match, as well.
  const own = [before.anyOf, before.oneOf].map(listOf).filter((list) => list.length > 0);
  return own.some((list) => list.every(isCovered)) || isCovered(before, 0);
}

/** The list rotated to begin at `index`: the branch at the same position most likely matches. */
const rotated = (list: unknown[], index: number) => [...list.slice(index), ...list.slice(0, index)];

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
