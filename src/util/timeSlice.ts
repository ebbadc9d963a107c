import { setImmediate } from "node:timers/promises";

/** So long may work go on before everything else that waits in the event loop has its turn. */
const SLICE_MS = 10;

/** Lets the event loop turn when the work of a loop has gone on for 10 ms: `await` it between its pieces. */
export function createTimeSlice(): () => Promise<void> | undefined {
  let endsAt = performance.now() + SLICE_MS;
  return () => {
    if (performance.now() < endsAt) return undefined;
    return setImmediate().then(() => {
      endsAt = performance.now() + SLICE_MS;
    });
  };
}
