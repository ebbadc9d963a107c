import type { z } from "zod";
import { jsonEntries } from "../../util/json/exactJson.ts";
import { UserError, type UserErrorDetail } from "../../util/userError.ts";
import { shown } from "../input/shown.ts";

type Issue = z.core.$ZodRawIssue;

const kinds: Record<string, string> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
};

/** What would be right, for issues to which a schema gives no message of its own. */
function describe(issue: Issue): string {
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

const fieldOf = (path: readonly PropertyKey[]) => `field '${path.map(String).join(".")}'`;

function entriesOf({ path, ...issue }: z.core.$ZodIssue, known: string): UserErrorDetail[] {
  if (issue.code !== "unrecognized_keys") {
    const what = path.length === 0 ? "the body" : fieldOf(path);
    return [{ code: "INVALID", message: `${what} ${issue.message}`, path: path.map(String) }];
  }
  return issue.keys.map((key) => ({
    code: "INVALID",
    message: `${fieldOf([...path, key])} is unknown${path.length === 0 ? `; known are ${known}` : ""}`,
    path: [...path.map(String), key],
  }));
}

/** Checks a value by its schema. Throws INVALID with a path for each mistake. */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  const { success, data, error } = schema.safeParse(value, { error: describe });
  if (success) return data;
  const fields = "shape" in schema ? Object.keys(schema.shape as object) : [];
  const known = fields.join(", ");
  throw new UserError(error.issues.flatMap((issue) => entriesOf(issue, known)));
}

/** An object whose members of these names are as they were sent (util/exactJson.ts), for JSON values in it. */
export function withExact<Value>(value: Value, names: readonly string[]): Value {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const exact = jsonEntries(value).filter(([name]) => names.includes(name));
  return exact.length === 0 ? value : { ...value, ...Object.fromEntries(exact) };
}
