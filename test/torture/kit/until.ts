import { setTimeout as pause } from "node:timers/promises";
import { Broken } from "../row.ts";

const LOOK_EVERY_MS = 25;

/** Waits until the condition holds; after so many milliseconds the promise counts as broken. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  patienceMs: number,
): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Broken(`not within ${patienceMs} ms: ${what}`);
    await pause(LOOK_EVERY_MS);
  }
}
