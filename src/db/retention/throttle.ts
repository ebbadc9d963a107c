import { setTimeout as rest } from "node:timers/promises";

/**
 * Runs one chunk of a long job, then sleeps as long as it took (50 % duty cycle). So the job takes at most half a core
 * of the database, and nothing waits for longer than one chunk.
 */
export async function throttled<Result>(work: () => PromiseLike<Result>): Promise<Result> {
  const begun = performance.now();
  const result = await work();
  await rest(performance.now() - begun);
  return result;
}
