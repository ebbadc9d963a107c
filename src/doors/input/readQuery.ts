import { z } from "zod";
import { UserError, type UserErrorDetail } from "../../util/userError.ts";
import { readInput } from "./readInput.ts";

const inner = (schema: unknown) => (schema instanceof z.ZodOptional ? schema.unwrap() : schema);

/** The value of a parameter, of the type that its schema expects where the text allows it. */
function readValue(schema: unknown, [text = ""]: string[]): unknown {
  const type = inner(schema);
  if (type instanceof z.ZodNumber && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (type instanceof z.ZodBoolean && /^(true|false)$/.test(text)) return text === "true";
  return text;
}

/**
 * Reads the parameters of a URL. A list is separated by commas or given several times; an empty
 * parameter counts as absent. Throws INVALID for each mistake, with a path that begins with `part`.
 */
export function readQuery<Query extends z.ZodObject>(
  schema: Query,
  query: URLSearchParams,
  part?: "query",
): z.output<Query> {
  // Without a prototype, so that no name is one of its members.
  const values: Record<string, unknown> = Object.create(null);
  const errors: UserErrorDetail[] = [];
  for (const name of new Set(query.keys())) {
    const given = query.getAll(name).filter((text) => text !== "");
    if (given.length === 0) continue;
    const field = Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined;
    const list = inner(field);
    if (list instanceof z.ZodArray)
      values[name] = given
        .flatMap((text) => text.split(","))
        .filter((text) => text !== "")
        .map((text) => readValue(list.element, [text]));
    else if (given.length === 1 || field === undefined) values[name] = readValue(field, given);
    else {
      const path = part === undefined ? [name] : [part, name];
      errors.push({ code: "INVALID", message: `field '${name}' is given twice`, path });
    }
  }
  if (errors.length > 0) throw new UserError(errors);
  return readInput(schema, values, part === undefined ? {} : { part });
}
