import { type ASTNode, Environment } from "@marcbachmann/cel-js";
import { RE2JS } from "re2js";
import { mistake } from "./errors.ts";

/** What a filter sees as `event`. */
export type FilterEvent = {
  id: string;
  type: string;
  data: unknown;
  source: string;
  name: string;
  category: string | null;
  userId: string | null;
  subject: { type: string; id: string } | null;
  contextId: string | null;
  origin: string;
};

/** The outcome of a filter: a missing field or a type mix-up is "no match", with the reason for `Event.why`. */
export type FilterVerdict = { matched: boolean; detail: string | null };
export type HookFilter = (event: FilterEvent) => FilterVerdict;

const MAX_LENGTH = 2_000;
const MAX_ITERATIONS = 1_000;
const SAFE_MATCHES = "matchesInLinearTime";
const BOUNDED = "bounded";
const comprehensions = new Set(["all", "exists", "exists_one", "map", "filter"]);

const patterns = new Map<string, RE2JS>();
const compilePattern = (pattern: string): RE2JS => {
  const known = patterns.get(pattern);
  if (known) return known;
  if (patterns.size >= 1_000) patterns.clear();
  const compiled = RE2JS.compile(pattern);
  patterns.set(pattern, compiled);
  return compiled;
};

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
    if (Array.isArray(list) && list.length > MAX_ITERATIONS) {
      throw new Error(
        `a list macro looks at up to ${MAX_ITERATIONS} elements, this list has ${list.length}`,
      );
    }
    return list;
  });

const isNode = (value: unknown): value is ASTNode =>
  typeof value === "object" && value !== null && "op" in value && "args" in value;

/** Visits every node, telling how many comprehensions it stands in. */
function walk(node: ASTNode, visit: (node: ASTNode, nesting: number) => void, nesting = 0): void {
  visit(node, nesting);
  const inner = node.op === "rcall" && comprehensions.has(node.args[0]) ? nesting + 1 : nesting;
  const descend = (value: unknown, depth: number) => {
    if (isNode(value)) walk(value, visit, depth);
    else if (Array.isArray(value)) for (const item of value) descend(item, depth);
  };
  if (node.op === "rcall") {
    descend(node.args[1], nesting);
    descend(node.args[2], inner);
  } else {
    descend(node.args, nesting);
  }
}

const refuse = (message: string) => mistake("FILTER_INVALID", message, ["filter"]);

/**
 * Parses and bounds an expression, and gives it back with `matches` renamed to our linear-time version: the
 * library runs patterns on the backtracking RegExp, where `(a+)+$` takes seconds [measured: 8 s for 26 characters].
 * The lists of macros are wrapped in a check of their length: `x in list` within one is quadratic.
 */
function harden(expression: string): string {
  const { ast } = environment.parse(expression);
  const edits: { at: number; remove: number; insert: string }[] = [];
  walk(ast, (node, nesting) => {
    if (node.op !== "rcall") return;
    const [name, { range }] = node.args;
    if (name === "matches") {
      const at = expression.indexOf("matches", range.end);
      edits.push({ at, remove: "matches".length, insert: SAFE_MATCHES });
    }
    if (!comprehensions.has(name)) return;
    if (nesting > 0) {
      throw refuse(
        `a filter may not nest '${name}' in another list macro: its cost would be quadratic`,
      );
    }
    edits.push({ at: range.start, remove: 0, insert: `${BOUNDED}(` });
    edits.push({ at: range.end, remove: 0, insert: ")" });
  });
  return edits
    .sort((a, b) => b.at - a.at)
    .reduce(
      (text, { at, remove, insert }) => text.slice(0, at) + insert + text.slice(at + remove),
      expression,
    );
}

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
export function compileFilter(expression: string): HookFilter {
  if (expression.length > MAX_LENGTH) {
    throw refuse(
      `a filter has at most ${MAX_LENGTH} characters, this one has ${expression.length}`,
    );
  }
  let run: ReturnType<Environment["parse"]>;
  try {
    run = environment.parse(harden(expression));
  } catch (error) {
    if (error instanceof Error && error.name === "UserMistake") throw error;
    throw refuse(`the filter cannot be parsed: ${firstLine(error)}`);
  }
  const { valid, type, error } = run.check();
  if (!valid) throw refuse(`the filter is not valid: ${firstLine(error)}`);
  if (type !== "bool" && (type !== "dyn" || neverBoolean(run.ast))) {
    throw refuse(
      `a filter must yield a boolean, such as event.data.amount > 10; this one yields ${type}`,
    );
  }
  return (event) => {
    try {
      const value: unknown = run({ event });
      if (typeof value === "boolean") return { matched: value, detail: null };
      return { matched: false, detail: `the filter yielded ${typeof value}, not a boolean` };
    } catch (cause) {
      return { matched: false, detail: firstLine(cause) };
    }
  };
}
