import { z } from "zod";
import { eventLimits } from "../../domain/event/eventInput.ts";
import type { DoorRequest } from "../../http/door/door.ts";
import { readJson } from "../../http/door/readJson.ts";
import { UserError } from "../../util/userError.ts";
import { readInput } from "../input/readInput.ts";
import { readQuery } from "../input/readQuery.ts";

/** The body of a request; what JavaScript would change of it is kept (util/exactJson.ts). */
export const parseBody = <Schema extends z.ZodType>(
  request: DoorRequest,
  schema: Schema,
): z.output<Schema> => readInput(schema, readJson(request), { part: "body" });

/** The parameters of a request's address. */
export const parseQuery = <Schema extends z.ZodObject>(
  { query }: Pick<DoorRequest, "query">,
  schema: Schema,
): z.output<Schema> => readQuery(schema, query, "query");

/** A name in the path of a request that makes what it names. */
export const parseName = (schema: z.ZodType<string>, name: string | undefined): string =>
  readInput(schema, name, { part: "path" });

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
