import { canonicalJson } from "../canonicalJson.ts";
import type { SchemaObject } from "../document.ts";
import { listed, typeWords } from "../explain/wording.ts";
import { textFormat } from "../formats.ts";
import type { Break } from "./comparison.ts";

/** The breaking changes in the keywords that constrain a value by itself. */
export function valueBreaks(before: SchemaObject, after: SchemaObject, path: string[]): Break[] {
  const sentences = [
    typeBreak(before, after),
    enumBreak(before, after),
    ...limits.map((limit) => limitBreak(limit, before, after)),
    boundBreak(before, after, 1),
    boundBreak(before, after, -1),
    differs("multipleOf", before, after) && `must now be a multiple of ${after.multipleOf}`,
    differs("pattern", before, after) && `must now match pattern '${after.pattern}'`,
    formatBreak(before, after),
    after.uniqueItems === true &&
      before.uniqueItems !== true &&
      "must no longer have the same item twice",
  ];
  return [
    ...sentences
      .filter((sentence) => typeof sentence === "string")
      .map((sentence) => ({ path, sentence })),
    ...requiredBreaks(before, after, path),
  ];
}

const allTypes = ["array", "boolean", "null", "number", "object", "string"];

function typeBreak(before: SchemaObject, after: SchemaObject): string | undefined {
  if (after.type === undefined) return undefined;
  const allowed: unknown[] = [after.type].flat();
  const declared: unknown[] = [before.type ?? allTypes].flat();
  const taken = valuesOf(before)?.map(typeOf) ?? declared;
  const fits = (type: unknown) =>
    allowed.includes(type) || (type === "integer" && allowed.includes("number"));
  if (taken.every(fits)) return undefined;
  const was = before.type === undefined ? "" : ` and was ${typeWords(before.type)}`;
  return `must now be ${typeWords(after.type)}${was}`;
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

/** The values that a schema allows, when it lists them. */
function valuesOf(schema: SchemaObject): unknown[] | undefined {
  if (Object.hasOwn(schema, "const")) return [schema.const];
  return Array.isArray(schema.enum) ? schema.enum : undefined;
}

function enumBreak(before: SchemaObject, after: SchemaObject): string | undefined {
  const taken = valuesOf(before);
  for (const allowed of [after.enum, Object.hasOwn(after, "const") ? [after.const] : undefined]) {
    if (!Array.isArray(allowed)) continue;
    if (!taken) return `must now be one of ${listed(allowed)}`;
    const texts = new Set(allowed.map(canonicalJson));
    const rejected = taken.filter((value) => !texts.has(canonicalJson(value)));
    if (rejected.length > 0) return `no longer allows ${listed(rejected)}`;
  }
  return undefined;
}

type Limit = { keyword: string; sign: 1 | -1; none: number; words: (limit: unknown) => string };

/** Count limits; `sign` is 1 where a larger limit is stricter. */
const limits: Limit[] = [
  { keyword: "minLength", sign: 1, none: 0, words: (n) => `at least ${n} characters` },
  { keyword: "maxLength", sign: -1, none: Infinity, words: (n) => `at most ${n} characters` },
  { keyword: "minItems", sign: 1, none: 0, words: (n) => `a minimum of ${n} items` },
  { keyword: "maxItems", sign: -1, none: Infinity, words: (n) => `a maximum of ${n} items` },
  { keyword: "minProperties", sign: 1, none: 0, words: (n) => `a minimum of ${n} items` },
  { keyword: "maxProperties", sign: -1, none: Infinity, words: (n) => `a maximum of ${n} items` },
];

function limitBreak(limit: Limit, before: SchemaObject, after: SchemaObject): string | undefined {
  const { keyword, sign, none, words } = limit;
  const [was, is] = [before, after].map((schema) => Number(schema[keyword] ?? none));
  if (was === undefined || is === undefined || is * sign <= was * sign) return undefined;
  return `must now have ${words(is)}`;
}

/** The lower (sign 1) or upper (sign -1) bound of numbers. */
function boundBreak(before: SchemaObject, after: SchemaObject, sign: 1 | -1): string | undefined {
  const was = boundOf(before, sign);
  const is = boundOf(after, sign);
  const isStricter = is.at > was.at || (is.at === was.at && is.excluded && !was.excluded);
  if (!isStricter) return undefined;
  const words = sign === 1 ? ["at least", "more than"] : ["at most", "less than"];
  return `must now be ${words[is.excluded ? 1 : 0]} ${is.at * sign}`;
}

function boundOf(schema: SchemaObject, sign: 1 | -1): { at: number; excluded: boolean } {
  const [included, excluded] =
    sign === 1
      ? [schema.minimum, schema.exclusiveMinimum]
      : [schema.maximum, schema.exclusiveMaximum];
  const at = included === undefined ? -Infinity : Number(included) * sign;
  const beyond = excluded === undefined ? -Infinity : Number(excluded) * sign;
  return beyond >= at && excluded !== undefined
    ? { at: beyond, excluded: true }
    : { at, excluded: false };
}

const differs = (keyword: string, before: SchemaObject, after: SchemaObject) =>
  after[keyword] !== undefined && after[keyword] !== before[keyword];

function formatBreak(before: SchemaObject, after: SchemaObject): string | false {
  const isEnforced = textFormat(after.format) !== undefined;
  return isEnforced && differs("format", before, after) && `must now have format '${after.format}'`;
}

function requiredBreaks(before: SchemaObject, after: SchemaObject, path: string[]): Break[] {
  const was = names(before.required);
  const breaks = names(after.required)
    .filter((name) => !was.includes(name))
    .map((name) => ({ path: [...path, name], sentence: "is now required" }));
  for (const [given, needed] of Object.entries(after.dependentRequired ?? {})) {
    const known = [...was, ...names(Object(before.dependentRequired ?? {})[given])];
    for (const name of names(needed).filter((one) => !known.includes(one))) {
      breaks.push({ path: [...path, name], sentence: `is now required when '${given}' is given` });
    }
  }
  return breaks;
}

const names = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
