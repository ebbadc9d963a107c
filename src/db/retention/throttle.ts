import { setTimeout as rest } from "node:timers/promises";

/**
 * Does one of many short pieces of a long work, and then rests for as long as it took: what else the database does has
 * at most half a core less meanwhile, and nothing waits for longer than one piece takes.
 */
export async function throttled<Result>(work: () => PromiseLike<Result>): Promise<Result> {
  const begun = performance.now();
  const result = await work();
  await rest(performance.now() - begun);
  return result;
}
