import {
  type ASTNode,
  TypeError as CelTypeError,
  Environment,
  ParseError,
} from "@marcbachmann/cel-js";
import type { UserError } from "../../util/userError.ts";
import { type EventWeight, filterCost, MAX_ITERATIONS, SAFE_MATCHES } from "./filterCost.ts";
import type { FilterInput } from "./filterEvent.ts";
import { BOUNDED, hardenFilter } from "./filterHarden.ts";
import { compilePattern } from "./filterPattern.ts";

/** A compiled CEL expression over `event`. */
export type CelProgram<Result> = {
  text: string;
  /** An upper bound on the steps (50 ns) for an event of this weight. */
  cost(event: EventWeight): number;
  evaluate(event: FilterInput): Result;
};

const MAX_LENGTH = 2_000;
/** Steps of compiling, and bytes of a compiled expression, both per character [measured]. */
export const COMPILE_STEPS = 40;
export const CEL_BYTES = 220;

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

export const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";

/** Where cel-js found an error, as at the end of a message; empty if it does not say. */
function placeOf(text: string, error: unknown): string {
  const at =
    error instanceof ParseError || error instanceof CelTypeError ? error.range?.start : undefined;
  if (at === undefined) return "";
  const lines = text.slice(0, at).split("\n");
  return ` (line ${lines.length}, column ${(lines.at(-1) ?? "").length + 1})`;
}

/**
 * Compiles a CEL expression (github.com/google/cel-spec) once; it then runs per event. Limits: 2,000 characters, 500
 * nodes, list macros not nested and over at most 1,000 elements. Throws `rejection` when it cannot be parsed. `type`
 * is the static type of the result.
 */
export function compileCel(
  text: string,
  { a, the }: { a: string; the: string },
  rejection: (message: string) => UserError,
): {
  ast: ASTNode;
  type: string;
  run: (variable: object) => unknown;
  cost: CelProgram<unknown>["cost"];
} {
  if (text.length > MAX_LENGTH) {
    throw rejection(`${a} has at most ${MAX_LENGTH} characters, this one has ${text.length}`);
  }
  if (/\0|\p{Cs}/u.test(text)) throw rejection(`${a} must not hold NUL or halves of characters`);
  let run: ReturnType<Environment["parse"]>;
  let reason: string | null;
  try {
    run = environment.parse(text);
    reason = hardenFilter(environment, run.ast, a);
  } catch (error) {
    throw rejection(`${the} cannot be parsed: ${firstLine(error)}${placeOf(text, error)}`);
  }
  if (reason) throw rejection(reason);
  const { valid, type, error } = run.check();
  if (!valid) throw rejection(`${the} is not valid: ${firstLine(error)}${placeOf(text, error)}`);
  return {
    ast: run.ast,
    type: type ?? "dyn",
    run: (variable) => run({ event: variable }),
    cost: memoizedCost((weight) => filterCost(run.ast, weight)),
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
