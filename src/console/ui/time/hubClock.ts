/**
 * How far the hub's clock is ahead of the browser's, in milliseconds. Browser clocks are often
 * wrong.
 */
let ahead = 0;

/** A smaller difference comes from latency and the header's whole seconds. */
const NOTEWORTHY_MS = 2_000;

/** Updates the offset from the `date` header of a response that has just arrived. */
export function noteHubTime(date: string | null): void {
  const difference = Date.parse(date ?? "") + 500 - Date.now();
  if (Number.isNaN(difference)) return;
  ahead = Math.abs(difference) < NOTEWORTHY_MS ? 0 : difference;
}

/** The current time by the hub's clock, which decides what is due or expired. */
export const hubNow = (): number => Date.now() + ahead;
