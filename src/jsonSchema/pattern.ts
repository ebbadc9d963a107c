import { RE2JS } from "re2js";

/** A compiled pattern: `test` takes time linear in text and pattern, `size` is its number of instructions. */
type Pattern = { size: number; test: (text: string) => boolean };

/**
 * Compiles a JSON Schema `pattern` for RE2, which cannot backtrack: `(a+)+$` is harmless. Throws an Error that
 * says why a pattern is not ECMA-262, or asks for what RE2 leaves out (lookaround, backreferences).
 */
export function compilePattern(source: string): Pattern {
  // RE2 knows spellings that ECMA-262 reads otherwise (\A, [[:alpha:]]): both have to take the pattern.
  new RegExp(source, "u");
  // re2js reads \k<name> as the letter k where it should refuse it.
  if (/(?<!\\)(?:\\\\)*\\k</.test(source)) throw new Error("backreferences are not supported");
  const regexp = RE2JS.compile(RE2JS.translateRegExp(source));
  return { size: regexp.programSize(), test: (text) => regexp.test(text) };
}
