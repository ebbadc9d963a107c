import { createHash } from "node:crypto";
import { userError } from "../../util/userError.ts";
import { type CelProgram, compileCel, firstLine } from "./celProgram.ts";

/** The key of an event for a hook with order; without one, why. */
export type OrderKey = { key: string; detail: null } | { key: null; detail: string };

/** A longer key, and one that PostgreSQL cannot store, is replaced by its digest. */
const MAX_KEY = 200;

const rejection = (message: string) => userError("INVALID", message, ["orderBy"]);

const keyText = (key: string): string =>
  key.length <= MAX_KEY && !/\0|\p{Cs}/u.test(key)
    ? key
    : `sha256:${createHash("sha256").update(key, "utf16le").digest("hex")}`;

function keyOf(value: unknown): OrderKey {
  if (value === null || value === undefined || value === "")
    return { key: null, detail: "orderBy yielded nothing" };
  if (typeof value === "string") return { key: keyText(value), detail: null };
  if (["number", "bigint", "boolean"].includes(typeof value))
    return { key: String(value), detail: null };
  return { key: null, detail: `orderBy yielded ${typeof value}, not a string` };
}

/**
 * Compiles a hook's `orderBy`. A missing field, null, an empty text, a list or an object yield no key; a number or
 * boolean in the data counts as its text. Throws INVALID when it cannot be parsed or cannot be a string.
 */
export function compileOrderBy(text: string): CelProgram<OrderKey> {
  const names = { a: "an orderBy", the: "the orderBy" };
  const { ast, type, run, cost } = compileCel(text, names, rejection);
  if (type !== "string" && (type !== "dyn" || ["id", "list", "map"].includes(ast.op)))
    throw rejection(
      `field 'orderBy' must yield a string, such as event.data.customerId; this one yields ${type}`,
    );
  return {
    text,
    cost,
    evaluate({ variable }) {
      try {
        return keyOf(run(variable));
      } catch (cause) {
        return { key: null, detail: firstLine(cause) };
      }
    },
  };
}
