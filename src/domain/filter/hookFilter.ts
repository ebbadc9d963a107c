import type { ASTNode } from "@marcbachmann/cel-js";
import { userError } from "../../util/userError.ts";
import { type CelProgram, compileCel, firstLine } from "./celProgram.ts";
import { isNode } from "./filterCost.ts";

/** The result of a filter. A missing field or a type error means "no match", with the reason for `Event.why`. */
export type FilterVerdict = { matched: boolean; detail: string | null };

const rejection = (message: string) => userError("FILTER_INVALID", message, ["filter"]);

/**
 * Expressions that the type checker calls `dyn` but that can never be a boolean: arithmetic, and `event` or its own
 * fields.
 */
function neverBoolean({ op, args }: ASTNode): boolean {
  if (op === "id") return true;
  if (op === "." || op === "[]") return isNode(args[0]) && args[0].op === "id";
  return ["+", "-", "*", "/", "%", "-_", "list", "map"].includes(op);
}

/** Compiles a hook's filter. Throws FILTER_INVALID when it cannot be parsed or cannot be boolean. */
export function compileFilter(text: string): CelProgram<FilterVerdict> {
  const names = { a: "a filter", the: "the filter" };
  const { ast, type, run, cost } = compileCel(text, names, rejection);
  if (type !== "bool" && (type !== "dyn" || neverBoolean(ast))) {
    throw rejection(
      `a filter must yield a boolean, such as event.data.amount > 10; this one yields ${type}`,
    );
  }
  return {
    text,
    cost,
    evaluate({ variable }) {
      try {
        const value = run(variable);
        if (typeof value === "boolean") return { matched: value, detail: null };
        return { matched: false, detail: `the filter yielded ${typeof value}, not a boolean` };
      } catch (cause) {
        return { matched: false, detail: firstLine(cause) };
      }
    },
  };
}
