import { RE2JS } from "re2js";

/** A compiled pattern: `test` takes time linear in text and pattern, `size` is its number of instructions. */
type Pattern = { size: number; test: (text: string) => boolean };

/**
 * Compiles a JSON Schema `pattern` for RE2, which does not backtrack: `(a+)+$` is harmless. Throws an Error that says
 * why a pattern is not ECMA-262, or uses what RE2 leaves out (lookaround, backreferences).
 */
export function compilePattern(source: string): Pattern {
  // RE2 has syntax that ECMA-262 reads differently (\A, [[:alpha:]]), so both must accept the pattern.
  new RegExp(source, "u");
  // re2js reads \k<name> as the letter k instead of rejecting it.
  if (/(?<!\\)(?:\\\\)*\\k</.test(source)) throw new Error("backreferences are not supported");
  const regexp = RE2JS.compile(RE2JS.translateRegExp(source));
  return { size: regexp.programSize(), test: (text) => regexp.test(text) };
}
