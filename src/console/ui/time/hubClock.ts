/** How far the hub's clock is ahead of this machine's, in milliseconds; people's machines are often wrong. */
let ahead = 0;

/** Less than this is the way of the answer, and the whole seconds of its header, not the clock. */
const NOTEWORTHY_MS = 2_000;

/** Takes the time of an answer of the hub that has just come (its header `date`). */
export function noteHubTime(date: string | null): void {
  const difference = Date.parse(date ?? "") + 500 - Date.now();
  if (Number.isNaN(difference)) return;
  ahead = Math.abs(difference) < NOTEWORTHY_MS ? 0 : difference;
}

/** The time by the hub's clock: what is due and what is over goes by that. */
export const hubNow = (): number => Date.now() + ahead;
