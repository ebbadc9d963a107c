import type { ASTNode, Environment } from "@marcbachmann/cel-js";
import { comprehensions, isNode, SAFE_MATCHES } from "./filterCost.ts";

/** The function that rejects lists too long for a list macro. */
export const BOUNDED = "bounded";

/**
 * Bounds a parsed filter by editing its syntax tree before it is type-checked. `matches` becomes a linear-time version,
 * because the library uses the backtracking RegExp, where `(a+)+$` takes seconds for 26 characters. The lists of macros
 * are checked for their length. Returns why the filter is rejected, or null; `what` names it.
 */
export function hardenFilter(environment: Environment, ast: ASTNode, what: string): string | null {
  let rejection: string | null = null;
  const visit = (value: unknown, isInMacro: boolean): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, isInMacro);
    if (!isNode(value)) return;
    if (value.op !== "rcall") {
      visit(value.args, isInMacro);
      return;
    }
    const [name, receiver, args] = value.args;
    const isMacro = comprehensions.has(name);
    if (isMacro && isInMacro) {
      rejection = `${what} may not nest '${name}' in another list macro: its cost would be quadratic`;
    }
    if (name === "matches") value.args[0] = SAFE_MATCHES;
    if (isMacro) boundList(environment, value);
    visit(receiver, isInMacro);
    visit(args, isInMacro || isMacro);
  };
  visit(ast, false);
  return rejection;
}

/** A property that cel-js adds to macros and its types leave out. */
type ExpandedMacro = ASTNode & { meta?: { alternate?: { args?: { iterable?: ASTNode } } } };

/** The parser has already expanded the macro, with its list as `iterable`. */
function boundList(environment: Environment, macro: ASTNode) {
  const comprehension = (macro as ExpandedMacro).meta?.alternate?.args;
  if (!comprehension?.iterable) throw new Error("cel-js writes its list macros out in another way");
  const { ast } = environment.parse(`${BOUNDED}(event)`);
  if (ast.op === "call") ast.args[1][0] = comprehension.iterable;
  comprehension.iterable = ast;
}
