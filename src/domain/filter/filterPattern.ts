import { LRUCache } from "lru-cache";
import { RE2JS } from "re2js";

/** Compiled patterns, by their size. RE2 does not backtrack, so a match is linear in text and pattern. */
const patterns = new LRUCache<string, RE2JS>({
  maxSize: 2_000_000,
  sizeCalculation: (pattern) => pattern.programSize() * 10 + 100,
});

/** Throws an Error that describes what is wrong with the pattern. */
export function compilePattern(pattern: string): RE2JS {
  const known = patterns.get(pattern);
  if (known) return known;
  const compiled = RE2JS.compile(pattern);
  patterns.set(pattern, compiled);
  return compiled;
}

/** Instructions per character of a pattern without repetitions, at most. */
const PER_CHARACTER = 6;

/**
 * An upper bound on the number of a pattern's instructions, without compiling it: counted repetitions multiply what
 * they repeat, and classes of Unicode properties are long.
 */
export function patternSize(pattern: string): number {
  if (pattern.length > 500 || /\\p|\\P/.test(pattern)) return Number.POSITIVE_INFINITY;
  const repeats = [...pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g)].map(([, least, most]) =>
    Math.max(1, Number(least), Number(most || 0)),
  );
  const factor = repeats.reduce((product, times) => product * times, 1);
  return factor * (pattern.length + 1) * PER_CHARACTER;
}
