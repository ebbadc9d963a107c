import type { ErrorObject } from "ajv/dist/2020.js";
import { isObject } from "../../util/isObject.ts";
import type { Prepared } from "../prepare.ts";
import type { Finding } from "./finding.ts";
import { problem, type SchemaProblem } from "./problem.ts";
import { exclusion, explainUnion } from "./union.ts";
import { sentenceFor } from "./wording.ts";

/** What was checked, by which name problems call it, and, where it was prepared, by which schema. */
type Checked = { value: unknown; rootName: string; prepared?: Prepared };

const unprepared: Prepared = { schema: {}, pointers: new Map() };

const maxProblems = 20;

/** Beyond so many errors it takes too long to find out which branch of a union was meant. */
const maxWeighed = 1_000;

/** Turns ajv's errors, in which those of a union's branches come before the union's own, into problems. */
export function explainErrors(errors: ErrorObject[], checked: Checked): SchemaProblem[] {
  const { value, rootName, prepared = unprepared } = checked;
  const findings: Finding[] = [];
  for (const error of errors) {
    // What failed inside of these has been told.
    if (error.keyword === "if" || error.keyword === "propertyNames") continue;
    const inside = ["anyOf", "oneOf", "contains"].includes(error.keyword)
      ? takeInside(findings, error, prepared)
      : [];
    const own = { error, path: pathOf(error), sentence: sentenceFor(error) };
    if (error.keyword === "anyOf" || error.keyword === "oneOf") {
      findings.push(...explainUnion(own, errors.length > maxWeighed ? [] : inside, prepared));
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
    // Of what is no object it says nothing to tell which fields exclude each other.
    if (error.keyword === "oneOf" && mistyped.has(error.instancePath)) continue;
    const told = problem(rootName, value, path, sentence);
    problems.set(told.message, told);
  }
  return [...problems.values()];
}

/** The path of the field an error is about: a missing field's own, not that of the object it is missing in. */
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

/** Takes from the end of `findings` those that come from inside the schemas of the failed keyword. */
function takeInside(findings: Finding[], failed: ErrorObject, { pointers }: Prepared): Finding[] {
  const parent = pointers.get(failed.parentSchema);
  const isInside = ({ error }: Finding) => {
    const { instancePath, schemaPath, parentSchema } = error;
    if (!`${instancePath}/`.startsWith(`${failed.instancePath}/`)) return false;
    if (schemaPath.startsWith(`${failed.schemaPath}/`)) return true;
    // Else it comes by a reference, or is about a neighbour of the keyword.
    const pointer = pointers.get(parentSchema);
    return pointer !== undefined && !`${pointer}/`.startsWith(`${parent}/`);
  };
  const last = findings.findLastIndex((finding) => !isInside(finding));
  return findings.splice(last + 1);
}

/** `not: { required: ["a", "b"] }` says that a and b exclude each other. */
function mutuallyExclusive({ error, path }: Finding): Finding | undefined {
  if (error.keyword !== "not" || !isObject(error.schema)) return undefined;
  const { required } = error.schema;
  if (!Array.isArray(required) || required.length < 2) return undefined;
  const constraints = Object.keys(error.schema).filter((keyword) => keyword !== "required");
  return constraints.length > 0 ? undefined : exclusion(error, path, required);
}
