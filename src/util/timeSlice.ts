import { setImmediate } from "node:timers/promises";

/** The longest that one loop may occupy the event loop. */
const SLICE_MS = 10;

/** Yields to the event loop once a loop has run for 10 ms: `await` the result between its iterations. */
export function createTimeSlice(): () => Promise<void> | undefined {
  let endsAt = performance.now() + SLICE_MS;
  return () => {
    if (performance.now() < endsAt) return undefined;
    return setImmediate().then(() => {
      endsAt = performance.now() + SLICE_MS;
    });
  };
}
