import { isObject } from "../../util/json/isObject.ts";
import { canonicalForm, dereferenced, isOpen } from "../canonicalForm.ts";
import { readDocument, type SchemaObject, subschemasOf } from "../document.ts";
import type { SchemaProblem } from "../explain/problem.ts";
import { branchBreaks } from "./branches.ts";
import type { Break, Compare, Comparison } from "./comparison.ts";
import { partBreaks } from "./parts.ts";
import { valueBreaks } from "./values.ts";

/** The most places compared, and their nesting. */
const maxSteps = 2_000;
const maxDepth = 200;

/**
 * The breaking changes when `after` replaces `before`, as sentences, with paths below "schema" that name the fields of
 * the data. Empty when `after` accepts all data that `before` accepts. A change that cannot be shown to be safe counts
 * as breaking. One convention is an exception: a new optional field may have any schema, although data accepted by
 * `before` might already hold something else under that name.
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
      // A recursive comparison: its breaks are reported where it began.
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

  // Where everything was accepted, no field is new.
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

/** Without branches and references, `unevaluated…` has the same meaning as the simpler keyword. */
function closedByName(schema: SchemaObject): SchemaObject {
  const { unevaluatedProperties, unevaluatedItems, ...rest } = schema;
  if (
    schema.$ref !== undefined ||
    subschemasOf(schema).some(({ appliesTo }) => appliesTo === "self")
  ) {
    return schema;
  }
  // Items matched by `contains` count as evaluated.
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

/** `labels[].uuid`: the step "[]" means any item, "*" any field that has no schema of its own. */
const dotted = (path: string[]) =>
  path.map((step, index) => (step === "[]" || index === 0 ? step : `.${step}`)).join("");
