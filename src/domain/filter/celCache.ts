import { LRUCache } from "lru-cache";
import { CEL_BYTES, type CelProgram } from "./celProgram.ts";

/** Compiled expressions of one kind, for the sandbox. */
export function createCelCache<Result>(
  compile: (text: string) => CelProgram<Result>,
): (text: string) => CelProgram<Result> {
  const compiled = new LRUCache<string, CelProgram<Result>>({
    maxSize: 16_000_000,
    sizeCalculation: ({ text }) => text.length * CEL_BYTES + 1_000,
  });
  return (text) => {
    const known = compiled.get(text) ?? compile(text);
    compiled.set(text, known);
    return known;
  };
}
