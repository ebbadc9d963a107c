import type { ErrorObject } from "ajv/dist/2020.js";
import { isObject } from "../../util/json/isObject.ts";
import type { Prepared } from "../prepare.ts";
import type { Finding } from "./finding.ts";

/** With more alternatives than this, only their number is reported. */
const maxAlternatives = 5;

/**
 * The findings for a failed `anyOf` or `oneOf`, given the findings of each branch: those of the intended branch, if it
 * can be recognized (by its type, or by a field like `kind`); otherwise the alternatives in one sentence ("must be a
 * string or null"); otherwise only that no branch fits.
 */
export function explainUnion(union: Finding, inside: Finding[], prepared: Prepared): Finding[] {
  const { error, path } = union;
  const schemas: unknown[] = Array.isArray(error.schema) ? error.schema : [];
  const fields = exclusiveFields(schemas);
  if (error.keyword === "oneOf" && fields) return [exclusion(error, path, fields)];
  if (error.params.passingSchemas) {
    return [{ ...union, sentence: "matches more than one of the shapes of which one is allowed" }];
  }
  if (inside.length === 0) return [{ ...union, sentence: unmatched(schemas) }];
  const branches = byBranch(error, inside, prepared);
  const candidates = branches.filter(
    (findings) => !findings.some((one) => rulesOutBranch(error, one)),
  );
  const [only] = candidates;
  if (only && candidates.length === 1) return only;
  const alternatives = branches.length === schemas.length ? joined(error, branches) : undefined;
  if (alternatives) return [alternatives];
  return [{ ...union, sentence: unmatched(schemas) }];
}

const unmatched = (schemas: unknown[]) => `must match one of ${schemas.length} allowed shapes`;

/** The finding that the first of these fields excludes the others. */
export function exclusion(error: ErrorObject, path: string[], fields: string[]): Finding {
  const [field = "", ...others] = fields;
  const names = others.map((other) => `'${other}'`).join(", ");
  return { error, path: [...path, field], sentence: `is mutually exclusive with ${names}` };
}

/** `oneOf: [{ required: ["a"] }, { required: ["b"] }]` requires exactly one of a and b. */
function exclusiveFields(schemas: unknown[]): string[] | undefined {
  const fields = schemas.map((schema) => {
    if (!isObject(schema) || Object.keys(schema).length !== 1) return undefined;
    const { required } = schema;
    return Array.isArray(required) && required.length === 1 ? String(required[0]) : undefined;
  });
  return fields.every((field) => field !== undefined) ? fields : undefined;
}

/**
 * Whether this finding shows that the branch was not intended: a wrong type, or another value in a distinguishing
 * field.
 */
function rulesOutBranch(union: ErrorObject, { error }: Finding): boolean {
  if (error.keyword === "type") return error.instancePath === union.instancePath;
  if (error.keyword !== "const" && error.keyword !== "enum") return false;
  const below = error.instancePath.slice(union.instancePath.length).split("/");
  return below.length <= 2;
}

/** "must be a string or null", when every branch has such a sentence for the same field. */
function joined(union: ErrorObject, branches: Finding[][]): Finding | undefined {
  const reasons = branches.map(
    (findings) =>
      findings.find((finding) => rulesOutBranch(union, finding)) ??
      (findings.length === 1 ? findings[0] : undefined),
  );
  const [first] = reasons;
  if (!first || reasons.length > maxAlternatives) return undefined;
  const words = new Set<string>();
  for (const reason of reasons) {
    if (reason?.error.instancePath !== first.error.instancePath) return undefined;
    if (!reason.sentence.startsWith("must be ")) return undefined;
    words.add(reason.sentence.slice("must be ".length));
  }
  return { ...first, sentence: `must be ${[...words].join(" or ")}` };
}

/** The findings by branch. A finding from a reference belongs to the first branch that contains it. */
function byBranch(union: ErrorObject, inside: Finding[], prepared: Prepared): Finding[][] {
  const schemas: unknown[] = Array.isArray(union.schema) ? union.schema : [];
  const starts = schemas.map((schema) => pointersOf(schema, prepared));
  const branches = new Map<number, Finding[]>();
  let current = 0;
  for (const finding of inside) {
    const { schemaPath, parentSchema } = finding.error;
    const pointer = `${prepared.pointers.get(parentSchema)}/`;
    const own = schemaPath.startsWith(`${union.schemaPath}/`)
      ? Number(schemaPath.slice(union.schemaPath.length + 1).split("/")[0])
      : starts.findIndex(
          (at, index) => index >= current && at.some((one) => pointer.startsWith(one)),
        );
    if (own >= 0) current = own;
    branches.set(current, [...(branches.get(current) ?? []), finding]);
  }
  return [...branches.values()];
}

/** A cache for `pointersOf`, which walks everything that a branch refers to. */
const pointersKnown = new WeakMap<object, string[]>();

/** The pointers of a branch's schema and of everything that it refers to, in the schema as written. */
function pointersOf(branch: unknown, { schema: root, pointers }: Prepared): string[] {
  if (!isObject(branch)) return [];
  const known = pointersKnown.get(branch);
  if (known) return known;
  const found = new Set<string>();
  const visit = (part: unknown, isStart: boolean) => {
    if (typeof part !== "object" || part === null) return;
    const pointer = pointers.get(part);
    if (isStart && pointer !== undefined) {
      if (found.has(`${pointer}/`)) return;
      found.add(`${pointer}/`);
    }
    const { $ref, ...rest } = Object(part);
    const target = /^#\/\$defs\/(\d+)$/.exec(String($ref))?.[1];
    if (target !== undefined && isObject(root.$defs)) visit(root.$defs[target], true);
    for (const value of Object.values(rest)) visit(value, false);
  };
  visit(branch, true);
  pointersKnown.set(branch, [...found]);
  return [...found];
}
