import { isObject } from "../../util/isObject.ts";
import { canonicalForm, dereferenced, isOpen } from "../canonicalForm.ts";
import { readDocument, type SchemaObject, subschemasOf } from "../document.ts";
import type { SchemaProblem } from "../explain/problem.ts";
import { branchBreaks } from "./branches.ts";
import type { Break, Compare, Comparison } from "./comparison.ts";
import { partBreaks } from "./parts.ts";
import { valueBreaks } from "./values.ts";

/** Places compared at most, and how deep within each other. */
const maxSteps = 2_000;
const maxDepth = 200;

/**
 * What breaks when `after` takes the place of `before`, in words, with paths below "schema" that name the
 * fields of the data; empty when `after` takes all data that `before` takes. A change that cannot be shown to
 * be safe counts as a break. One convention is not logic but custom: a new optional field may come with any
 * schema, although data that `before` let pass unseen might have had something else under that name.
 */
export function breakingChanges(
  before: SchemaObject | null,
  after: SchemaObject | null,
): SchemaProblem[] {
  if (after === null) return [];
  const documents = { before: readDocument(before ?? {}), after: readDocument(after) };
  if (canonicalForm(documents.before, before ?? {}) === canonicalForm(documents.after, after))
    return [];
  const open: [unknown, unknown, boolean][] = [];
  let steps = 0;

  const comparing =
    (isStrict: boolean) => (beforeHere: unknown, afterHere: unknown, path: string[]) => {
      const b = dereferenced(documents.before, beforeHere ?? true);
      const a = dereferenced(documents.after, afterHere ?? true);
      if (b === false || isOpen(a)) return [];
      if (a === false) return [{ path, sentence: "is no longer allowed" }];
      // Met again within itself: what breaks is told where it was met first.
      if (open.some(([knownB, knownA, mode]) => knownB === b && knownA === a && mode === isStrict))
        return [];
      steps += 1;
      if (steps > maxSteps || open.length >= maxDepth) {
        return [
          { path, sentence: "cannot be shown to be compatible: there is too much to compare" },
        ];
      }
      open.push([b, a, isStrict]);
      const comparison = {
        ...documents,
        isStrict,
        compare: isStrict ? strictly : compare,
        strictly,
      };
      const breaks = compareObjects(comparison, toObject(b), toObject(a), path);
      open.pop();
      return breaks;
    };
  const strictly: Compare = comparing(true);
  const compare: Compare = comparing(false);

  // Where anything was accepted, no field is new.
  const breaks = isOpen(before ?? true) ? strictly(true, after, []) : compare(before, after, []);
  return breaks.map(({ path, sentence }) => ({
    path: ["schema", ...path],
    message: `field '${dotted(path) || "data"}' ${sentence}`,
  }));
}

function compareObjects(
  comparison: Comparison,
  before: SchemaObject,
  after: SchemaObject,
  path: string[],
): Break[] {
  const b = closedByName(before);
  const a = closedByName(after);
  return [
    ...valueBreaks(b, a, path),
    ...partBreaks(comparison, b, a, path),
    ...branchBreaks(comparison, b, a, path),
  ];
}

const toObject = (schema: unknown): SchemaObject => (isObject(schema) ? schema : {});

/** Without branches and references, `unevaluated…` says what the plainer keyword does. */
function closedByName(schema: SchemaObject): SchemaObject {
  const { unevaluatedProperties, unevaluatedItems, ...rest } = schema;
  if (schema.$ref !== undefined || subschemasOf(schema).some(({ looks }) => looks === "here")) {
    return schema;
  }
  // What `contains` found counts as evaluated.
  const keptItems = schema.contains === undefined ? {} : { unevaluatedItems };
  return {
    ...(unevaluatedProperties === undefined ? {} : { additionalProperties: unevaluatedProperties }),
    ...(unevaluatedItems === undefined || schema.contains !== undefined
      ? {}
      : { items: unevaluatedItems }),
    ...rest,
    ...keptItems,
  };
}

/** `labels[].uuid`: a step "[]" is any item, "*" any field that has no schema of its own. */
const dotted = (path: string[]) =>
  path.map((step, index) => (step === "[]" || index === 0 ? step : `.${step}`)).join("");
