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

/** The outcome of a filter: a missing field or a type mix-up is "no match", with the reason for `Event.why`. */
export type FilterVerdict = { matched: boolean; detail: string | null };

export type HookFilter = {
  text: string;
  /** A bound on the steps (50 ns) that it can take for an event of this weight. */
  cost(event: EventWeight): number;
  judge(event: FilterInput): FilterVerdict;
};

const MAX_LENGTH = 2_000;
/** What compiling takes, in steps a character; and what a compiled filter holds, in bytes a character [measured]. */
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

const refuse = (message: string) => userError("FILTER_INVALID", message, ["filter"]);

/** Shapes the type checker calls `dyn`, that yet can never be a boolean: arithmetic, and `event` or its own fields. */
function neverBoolean({ op, args }: ASTNode): boolean {
  if (op === "id") return true;
  if (op === "." || op === "[]") return isNode(args[0]) && args[0].op === "id";
  return ["+", "-", "*", "/", "%", "-_", "list", "map"].includes(op);
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";

/**
 * Compiles a CEL filter (github.com/google/cel-spec) once; it is then run per event. Limits: 2,000 characters,
 * 500 nodes, list macros not nested and over up to 1,000 elements. Throws FILTER_INVALID when it cannot be parsed or cannot be boolean.
 */
export function compileFilter(text: string): HookFilter {
  if (text.length > MAX_LENGTH) {
    throw refuse(`a filter has at most ${MAX_LENGTH} characters, this one has ${text.length}`);
  }
  if (/\0|\p{Cs}/u.test(text)) throw refuse("a filter must not hold NUL or halves of characters");
  let run: ReturnType<Environment["parse"]>;
  let refusal: string | null;
  try {
    run = environment.parse(text);
    refusal = hardenFilter(environment, run.ast);
  } catch (error) {
    throw refuse(`the filter cannot be parsed: ${firstLine(error)}`);
  }
  if (refusal) throw refuse(refusal);
  const { valid, type, error } = run.check();
  if (!valid) throw refuse(`the filter is not valid: ${firstLine(error)}`);
  if (type !== "bool" && (type !== "dyn" || neverBoolean(run.ast))) {
    throw refuse(
      `a filter must yield a boolean, such as event.data.amount > 10; this one yields ${type}`,
    );
  }
  return {
    text,
    cost: remembered((weight) => filterCost(run.ast, weight)),
    judge({ variable }) {
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

/** Weights are rounded up to powers of two, so that few are ever asked for. */
function remembered(cost: (weight: EventWeight) => number): (weight: EventWeight) => number {
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
