/**
 * When a schedule runs, with the rules of its time zone. A clock time that does not exist, because the clocks go
 * forward, runs once at the first moment after the gap. One that exists twice, because they go back, runs the first time
 * only. A schedule of every hour (the hour field is `*`) runs by the hours that pass instead: nothing is made up for
 * after a gap, and the repeated hour has its runs again.
 *
 * The cron libraries have rules of their own for it, none of them these (docs/decisions.md).
 */
import type { CronTimes } from "./cron.ts";
import { offsetAt } from "./timeZone.ts";

const DAY = 86_400_000;
/** In which no zone changes its clocks twice. */
const WINDOW = 2 * DAY;

/** The first instant in (from, to] at which the offset is not `before` any more. */
function changeIn(timeZone: string, before: number, from: number, to: number): number | undefined {
  if (offsetAt(timeZone, to) === before) return undefined;
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(timeZone, middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

/** Where to look on from, if `from` is in an hour that the clocks show a second time. */
function afterRepeated({ isHourly }: CronTimes, timeZone: string, from: number): number {
  if (isHourly) return from;
  const before = offsetAt(timeZone, from - DAY);
  const change = changeIn(timeZone, before, from - DAY, from);
  if (change === undefined) return from;
  const repeatedMs = before - offsetAt(timeZone, change);
  return Math.max(from, change + repeatedMs - 1);
}

/** The first run after `instant`. */
export function nextRun(times: CronTimes, timeZone: string, instant: Date): Date {
  let from = afterRepeated(times, timeZone, instant.getTime());
  let offset = offsetAt(timeZone, from);
  for (;;) {
    const match = times.after(new Date(from + offset)).getTime() - offset;
    const seenTo = Math.min(match, from + WINDOW);
    const change = changeIn(timeZone, offset, from, seenTo);
    if (change === undefined) {
      if (seenTo === match) return new Date(match);
      // Whatever the clocks do until shortly before the match, they do not show a time that matches.
      from = Math.max(seenTo, match - WINDOW);
      offset = offsetAt(timeZone, from);
      continue;
    }
    const next = offsetAt(timeZone, change);
    // The clock times from change + offset to change + next do not exist.
    if (!times.isHourly && match < change + next - offset) return new Date(change);
    const isRepeating = next < offset && !times.isHourly;
    from = (isRepeating ? change + offset - next : change) - 1;
    offset = next;
  }
}
