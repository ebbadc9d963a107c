import { z } from "zod";
import { eventLimits } from "../../domain/event/eventInput.ts";
import type { DoorRequest } from "../../http/door/door.ts";
import { readJson } from "../../http/door/readJson.ts";
import { UserError } from "../../util/userError.ts";

/** The part of a request that an error's path begins with, as Svix's `loc` does. */
type Where = "body" | "query" | "path";

const kinds: Record<string, string> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "an object",
  record: "an object",
  string: "a text",
};

/** Throws INVALID, one entry for each mistake. The path of each begins with `where`. */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: Where,
): z.output<Schema> {
  const result = schema.safeParse(value, {
    error: ({ code, input, expected }) => {
      if (code !== "invalid_type") return undefined;
      return input === undefined
        ? "is required"
        : `must be ${kinds[String(expected)] ?? String(expected)}`;
    },
  });
  if (result.success) return result.data;
  throw new UserError(
    result.error.issues.map(({ path, message }) => ({
      code: "INVALID",
      message: path.length > 0 ? `field '${path.join(".")}' ${message}` : `the ${where} ${message}`,
      path: [where, ...path.map(String)],
    })),
  );
}

/** The body of a request; what JavaScript would change of it is kept (util/exactJson.ts). */
export const parseBody = <Schema extends z.ZodType>(
  request: DoorRequest,
  schema: Schema,
): z.output<Schema> => parse(schema, readJson(request), "body");

/** The request's idempotency key. Throws INVALID for one that cannot be kept. */
export function idempotencyKeyOf({ headers }: DoorRequest): string | null {
  const key = headers["idempotency-key"];
  if (typeof key !== "string" || key === "") return null;
  if (/^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/.test(key) && key.length <= eventLimits.idempotencyKey)
    return key;
  throw new UserError([
    {
      code: "INVALID",
      message: `the header idempotency-key must have at most ${eventLimits.idempotencyKey} printable ASCII characters`,
      path: ["header", "idempotency-key"],
    },
  ]);
}

/**
 * Runs a domain function whose errors name its own fields: `names` are the fields as they were given, and what is not
 * among them keeps its name.
 */
export async function withNames<Result>(
  names: Readonly<Record<string, string>>,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      error.entries.map(({ path: [field, ...path], ...entry }) => ({
        ...entry,
        path: field === undefined ? [] : ["body", names[field] ?? field, ...path],
      })),
    );
  }
}

const IDENTIFIER = /^[a-zA-Z0-9\-_.]+$/;

/** An id that the caller chose. */
export const identifier = (max: number) =>
  z
    .string()
    .regex(IDENTIFIER, "must be letters, digits, '-', '_' and '.' only")
    .max(max, `must have at most ${max} characters`);

export const throttleRate = z
  .number()
  .int("must be a whole number")
  .min(1, "must be at least 1")
  .max(10_000, "must be at most 10000");

export const metadata = z.record(z.string(), z.string());

/** What has to be a set, in any order. */
export const setOf = <Item extends z.ZodType>(item: Item, min: number, max: number) =>
  z
    .array(item)
    .min(min, `must have at least ${min} item`)
    .max(max, `must have at most ${max} items`)
    .refine((items) => new Set(items).size === items.length, "must not name one twice");
