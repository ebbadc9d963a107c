import { type ASTNode, Environment } from "@marcbachmann/cel-js";
import { userError } from "../../util/userError.ts";
import {
  type EventWeight,
  filterCost,
  isNode,
  MAX_ITERATIONS,
  SAFE_MATCHES,
} from "./filterCost.ts";
import type { FilterInput } from "./filterEvent.ts";
import { BOUNDED, hardenFilter } from "./filterHarden.ts";
import { compilePattern } from "./filterPattern.ts";

/** The result of a filter. A missing field or a type error means "no match", with the reason for `Event.why`. */
export type FilterVerdict = { matched: boolean; detail: string | null };

export type HookFilter = {
  text: string;
  /** An upper bound on the steps (50 ns) for an event of this weight. */
  cost(event: EventWeight): number;
  evaluate(event: FilterInput): FilterVerdict;
};

const MAX_LENGTH = 2_000;
/** Steps of compiling, and bytes of a compiled filter, both per character [measured]. */
export const COMPILE_STEPS = 40;
export const FILTER_BYTES = 220;

const environment = new Environment({
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
  limits: { maxAstNodes: 500, maxDepth: 50 },
})
  .registerVariable("event", "dyn")
  .registerFunction(`string.${SAFE_MATCHES}(string): bool`, (text: string, pattern: string) =>
    compilePattern(pattern).matcher(text).find(),
  )
  .registerFunction(`${BOUNDED}(dyn): dyn`, (list: unknown) => {
    const length = Array.isArray(list) ? list.length : list instanceof Map ? list.size : 0;
    if (length <= MAX_ITERATIONS) return list;
    throw new Error(
      `a list macro looks at up to ${MAX_ITERATIONS} elements, this list has ${length}`,
    );
  });

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

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";

/**
 * Compiles a CEL filter (github.com/google/cel-spec) once; it then runs per event. Limits: 2,000 characters, 500 nodes,
 * list macros not nested and over at most 1,000 elements. Throws FILTER_INVALID when it cannot be parsed or cannot be
 * boolean.
 */
export function compileFilter(text: string): HookFilter {
  if (text.length > MAX_LENGTH) {
    throw rejection(`a filter has at most ${MAX_LENGTH} characters, this one has ${text.length}`);
  }
  if (/\0|\p{Cs}/u.test(text))
    throw rejection("a filter must not hold NUL or halves of characters");
  let run: ReturnType<Environment["parse"]>;
  let reason: string | null;
  try {
    run = environment.parse(text);
    reason = hardenFilter(environment, run.ast);
  } catch (error) {
    throw rejection(`the filter cannot be parsed: ${firstLine(error)}`);
  }
  if (reason) throw rejection(reason);
  const { valid, type, error } = run.check();
  if (!valid) throw rejection(`the filter is not valid: ${firstLine(error)}`);
  if (type !== "bool" && (type !== "dyn" || neverBoolean(run.ast))) {
    throw rejection(
      `a filter must yield a boolean, such as event.data.amount > 10; this one yields ${type}`,
    );
  }
  return {
    text,
    cost: memoizedCost((weight) => filterCost(run.ast, weight)),
    evaluate({ variable }) {
      try {
        const value: unknown = run({ event: variable });
        if (typeof value === "boolean") return { matched: value, detail: null };
        return { matched: false, detail: `the filter yielded ${typeof value}, not a boolean` };
      } catch (cause) {
        return { matched: false, detail: firstLine(cause) };
      }
    },
  };
}

/** Weights are rounded up to powers of two, so that few different ones are computed. */
function memoizedCost(cost: (weight: EventWeight) => number): (weight: EventWeight) => number {
  const known = new Map<number, number>();
  return ({ size, items }) => {
    const [bits, itemBits] = [bitsOf(size), bitsOf(items)];
    const key = bits * 64 + itemBits;
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = cost({ size: 2 ** bits, items: 2 ** itemBits });
    known.set(key, made);
    return made;
  };
}

const bitsOf = (count: number) => Math.ceil(Math.log2(Math.max(1, count)));
