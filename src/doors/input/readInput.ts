import type { z } from "zod";
import { jsonEntries } from "../../util/json/exactJson.ts";
import { UserError, type UserErrorDetail } from "../../util/userError.ts";
import { shown } from "./shown.ts";

export type Path = readonly (string | number)[];

/** Where a value comes from: its place in a list or an object of the body, and the part of the request, if told. */
type Where = { within?: Path; part?: "body" | "path" | "query" };

const kinds: Record<string, string> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

/** What would be right, for issues to which a schema gives no message of its own. */
function describe(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined
        ? "is required"
        : `must be ${kinds[issue.expected] ?? issue.expected}, not ${shown(issue.input)}`;
    case "invalid_value":
      return `must be one of ${issue.values.map(String).join(", ")}, not ${shown(issue.input)}`;
    case "too_big":
      if (issue.origin === "string") return `must have at most ${issue.maximum} characters`;
      return issue.origin === "array"
        ? `must have at most ${issue.maximum} items`
        : `must be at most ${issue.maximum}`;
    case "too_small":
      return `must be at least ${issue.minimum}`;
    default:
      return "is not valid";
  }
}

function entriesOf(
  issue: z.core.$ZodIssue,
  { within = [], part }: Where,
  known: string,
): UserErrorDetail[] {
  const at = [...within, ...issue.path].map(String);
  const entry = (path: string[], what: string): UserErrorDetail => ({
    code: "INVALID",
    message: `${path.length === 0 ? `the ${part ?? "body"}` : `field '${path.join(".")}'`} ${what}`,
    path: part === undefined ? path : [part, ...path],
  });
  if (issue.code !== "unrecognized_keys") return [entry(at, issue.message)];
  const others = issue.path.length === 0 ? `; known are ${known}` : "";
  return issue.keys.map((key) => entry([...at, key], `is unknown${others}`));
}

/** Checks a value of a request by its schema. Throws INVALID with a path for each mistake, which begins with `part`. */
export function readInput<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: Where = {},
): z.output<Schema> {
  const { success, data, error } = schema.safeParse(value, { error: describe });
  if (success) return data;
  const fields = "shape" in schema ? Object.keys(schema.shape as object) : [];
  const known = fields.join(", ");
  throw new UserError(error.issues.flatMap((issue) => entriesOf(issue, where, known)));
}

/** An object whose members of these names are as they were sent (util/exactJson.ts), for JSON values in it. */
export function withExact<Value>(value: Value, names: readonly string[]): Value {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const exact = jsonEntries(value).filter(([name]) => names.includes(name));
  return exact.length === 0 ? value : { ...value, ...Object.fromEntries(exact) };
}
