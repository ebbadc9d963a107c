import { z } from "zod";
import { pageRequest } from "../../graphql/page/connection.ts";
import { UserError, type UserErrorDetail, userError } from "../../util/userError.ts";
import { parseInput } from "./parseInput.ts";

export const texts = z.array(z.string().max(200, "must have at most 200 characters")).max(100);
export const oneOf = <const Values extends readonly string[]>(values: Values) =>
  z.array(z.enum(values)).max(100);

const pageSize = z.int().min(0).max(100);
/** Of every list. */
export const pageQuery = {
  limit: pageSize.optional(),
  first: pageSize.optional(),
  after: z.string().optional(),
};

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
 * parameter counts as absent. Throws INVALID for each mistake.
 */
export function parseQuery<Query extends z.ZodObject>(
  schema: Query,
  query: URLSearchParams,
): z.output<Query> {
  // Without a prototype, so that no name is one of its members.
  const values: Record<string, unknown> = Object.create(null);
  const errors: UserErrorDetail[] = [];
  for (const name of new Set(query.keys())) {
    const given = query.getAll(name).filter((text) => text !== "");
    if (given.length === 0) continue;
    const field = Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined;
    if (inner(field) instanceof z.ZodArray)
      values[name] = given.flatMap((text) => text.split(",")).filter((text) => text !== "");
    else if (given.length === 1) values[name] = readValue(field, given);
    else errors.push({ code: "INVALID", message: `field '${name}' is given twice`, path: [name] });
  }
  if (errors.length > 0) throw new UserError(errors);
  return parseInput(schema, values);
}

/** The page that a list is asked for. */
export function pageOf(query: {
  limit?: number | undefined;
  first?: number | undefined;
  after?: string | undefined;
}) {
  if (query.limit !== undefined && query.first !== undefined)
    throw userError("INVALID", "field 'first' is another name of 'limit': give one", ["first"]);
  return pageRequest({ first: query.limit ?? query.first, after: query.after });
}
