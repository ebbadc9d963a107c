import { z } from "zod";
import { jsonText } from "../../util/json/exactJson.ts";
import { UserError } from "../../util/userError.ts";
import type { Path } from "../input/readInput.ts";

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
