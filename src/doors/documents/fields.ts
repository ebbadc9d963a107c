import { z } from "zod";
import { jsonEntries, jsonText } from "../../util/json/exactJson.ts";
import { isObject } from "../../util/json/isObject.ts";
import { UserError, type UserErrorDetail } from "../../util/userError.ts";
import { shown } from "../input/shown.ts";

type Path = readonly (string | number)[];

const kinds: Record<string, string> = {
  string: "a text",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
};

/** What would be right, where a schema has no message of its own. */
function problem(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === "invalid_value")
    return `must be one of ${issue.values.join(", ")}, not ${shown(issue.input)}`;
  if (issue.code !== "invalid_type") return undefined;
  if (issue.input === undefined) return "is required";
  return `must be ${kinds[issue.expected] ?? issue.expected}, not ${shown(issue.input)}`;
}

const nameOf = (path: Path) => (path.length === 0 ? "the body" : `field '${path.join(".")}'`);

function entriesOf(issue: z.core.$ZodIssue, within: Path, known: string): UserErrorDetail[] {
  const path = [...within, ...issue.path.map(String)];
  const entry = (at: Path, what: string): UserErrorDetail => ({
    code: "INVALID",
    message: `${nameOf(at)} ${what}`,
    path: at.map(String),
  });
  if (issue.code !== "unrecognized_keys") return [entry(path, issue.message)];
  const others = issue.path.length === 0 ? `; known are ${known}` : "";
  return issue.keys.map((key) => entry([...path, key], `is unknown${others}`));
}

/** An object whose members of these names are as they were sent (util/exactJson.ts). */
function exactly(value: unknown, names: readonly string[]): unknown {
  if (!isObject(value)) return value;
  return {
    ...value,
    ...Object.fromEntries(jsonEntries(value).filter(([name]) => names.includes(name))),
  };
}

/**
 * Checks an object of a body. `exact`: its members that are any JSON, to be taken to the digit; `within`: where the
 * object lies in the body. Throws INVALID with an entry for each mistake.
 */
export function readFields<Schema extends z.ZodObject>(
  schema: Schema,
  value: unknown,
  { exact = [], within = [] }: { exact?: readonly string[]; within?: Path } = {},
): z.output<Schema> {
  const { success, data, error } = schema.safeParse(exactly(value, exact), { error: problem });
  if (success) return data;
  const known = Object.keys(schema.shape).join(", ");
  throw new UserError(error.issues.flatMap((issue) => entriesOf(issue, within, known)));
}

/** A text; a whole number becomes one, to the digit when the member is among `exact`. */
export const idText = z.preprocess((value) => {
  const digits = typeof value === "number" || value instanceof Number ? jsonText(value) : "";
  return /^-?\d+$/.test(digits) ? digits : value;
}, z.string());

/** A message that begins with a field's name, such as `field 'url' must …` or `url may …`, with another name. */
function renamed(message: string, field: string, name: string): string {
  const at = message.startsWith("field '") ? "field '".length : 0;
  const rest = message.slice(at + field.length);
  const isNamed = message.startsWith(field, at) && !/^\w/.test(rest);
  return isNamed ? message.slice(0, at) + name + rest : message;
}

/**
 * Runs a domain function, and tells its mistakes with the caller's names: `names` has the place in the body of each of
 * its fields, such as `url` or `types.0`.
 */
export async function withNames<Result>(
  names: Readonly<Record<string, Path>>,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const fields = Object.entries(names);
    throw new UserError(
      error.entries.map((entry) => {
        const at = entry.path.join(".");
        const [field, given] = fields.find(([it]) => `${at}.`.startsWith(`${it}.`)) ?? [];
        if (field === undefined || !given) return entry;
        const message = renamed(entry.message, field, given.join("."));
        const rest = entry.path.slice(field.split(".").length);
        return { ...entry, message, path: [...given.map(String), ...rest] };
      }),
    );
  }
}
