import type { ErrorObject } from "ajv/dist/2020.js";
import { isObject } from "../../util/json/isObject.ts";
import type { Prepared } from "../prepare.ts";
import type { Finding } from "./finding.ts";
import { problem, type SchemaProblem } from "./problem.ts";
import { exclusion, explainUnion } from "./union.ts";
import { sentenceFor } from "./wording.ts";

/** The checked value, the name that problems use for it, and the prepared schema, if any. */
type Checked = { value: unknown; rootName: string; prepared?: Prepared };

const unprepared: Prepared = { schema: {}, pointers: new Map() };

const maxProblems = 20;

/** With more errors than this, finding the intended branch of a union takes too long. */
const maxErrorsForUnions = 1_000;

/** Turns ajv's errors into problems. ajv reports the errors of a union's branches before the union's own error. */
export function explainErrors(errors: ErrorObject[], checked: Checked): SchemaProblem[] {
  const { value, rootName, prepared = unprepared } = checked;
  const findings: Finding[] = [];
  for (const error of errors) {
    // The errors inside these are already reported.
    if (error.keyword === "if" || error.keyword === "propertyNames") continue;
    const inside = ["anyOf", "oneOf", "contains"].includes(error.keyword)
      ? takeInside(findings, error, prepared)
      : [];
    const own = { error, path: pathOf(error), sentence: sentenceFor(error) };
    if (error.keyword === "anyOf" || error.keyword === "oneOf") {
      findings.push(
        ...explainUnion(own, errors.length > maxErrorsForUnions ? [] : inside, prepared),
      );
    } else {
      findings.push(mutuallyExclusive(own) ?? own);
    }
  }
  const mistyped = new Set(
    findings.filter(({ error }) => error.keyword === "type").map(({ error }) => error.instancePath),
  );
  const problems = new Map<string, SchemaProblem>();
  for (const { error, path, sentence } of findings) {
    if (problems.size === maxProblems) break;
    // For a value that is not an object, mutually exclusive fields are not worth reporting.
    if (error.keyword === "oneOf" && mistyped.has(error.instancePath)) continue;
    const found = problem(rootName, value, path, sentence);
    problems.set(found.message, found);
  }
  return [...problems.values()];
}

/** The path of the field an error is about; for a missing field, its own path and not the object's. */
function pathOf({ instancePath, params, propertyName }: ErrorObject): string[] {
  const steps = instancePath.split("/").slice(1);
  const path = steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const field =
    params.missingProperty ??
    params.additionalProperty ??
    params.unevaluatedProperty ??
    propertyName;
  return field === undefined ? path : [...path, field];
}

/** Removes the findings from inside the failed keyword's schemas from the end of `findings`, and returns them. */
function takeInside(findings: Finding[], failed: ErrorObject, { pointers }: Prepared): Finding[] {
  const parent = pointers.get(failed.parentSchema);
  const isInside = ({ error }: Finding) => {
    const { instancePath, schemaPath, parentSchema } = error;
    if (!`${instancePath}/`.startsWith(`${failed.instancePath}/`)) return false;
    if (schemaPath.startsWith(`${failed.schemaPath}/`)) return true;
    // Otherwise the error comes from a reference, or from a keyword beside this one.
    const pointer = pointers.get(parentSchema);
    return pointer !== undefined && !`${pointer}/`.startsWith(`${parent}/`);
  };
  const last = findings.findLastIndex((finding) => !isInside(finding));
  return findings.splice(last + 1);
}

/** `not: { required: ["a", "b"] }` means that a and b exclude each other. */
function mutuallyExclusive({ error, path }: Finding): Finding | undefined {
  if (error.keyword !== "not" || !isObject(error.schema)) return undefined;
  const { required } = error.schema;
  if (!Array.isArray(required) || required.length < 2) return undefined;
  const constraints = Object.keys(error.schema).filter((keyword) => keyword !== "required");
  return constraints.length > 0 ? undefined : exclusion(error, path, required);
}
