import { formatter } from "./formatter.ts";
import { useTimeZone } from "./timeZone.ts";
import { useNow } from "./useNow.ts";

const clock = formatter({ timeStyle: "medium" });
const day = formatter({ dateStyle: "medium" });
const full = formatter({ dateStyle: "full", timeStyle: "long" });

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Formats a duration: 4 s, 12 min, 3 h, 5 d. */
export function span(seconds: number): string {
  if (seconds < MINUTE) return `${Math.max(0, Math.floor(seconds))} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h`;
  return `${Math.floor(seconds / DAY)} d`;
}

/** A relative time, with the exact time as a tooltip. */
export function Ago({ at }: { at: string }) {
  useTimeZone();
  const seconds = (useNow() - Date.parse(at)) / 1_000;
  const text = seconds < -1 ? `in ${span(-seconds)}` : seconds < 5 ? "now" : `${span(seconds)} ago`;
  return (
    <time dateTime={at} title={full(at)}>
      {text}
    </time>
  );
}

/** A time; with the date if it is not today. */
export function Moment({ at }: { at: string }) {
  useTimeZone();
  const isToday = day(at) === day(Date.now());
  return (
    <time dateTime={at} title={full(at)}>
      {isToday ? clock(at) : `${day(at)}, ${clock(at)}`}
    </time>
  );
}

/** A countdown to a time. */
export function Countdown({ to }: { to: string }) {
  const seconds = (Date.parse(to) - useNow()) / 1_000;
  return <time dateTime={to}>{seconds <= 0 ? "now" : `in ${span(Math.ceil(seconds))}`}</time>;
}

/** Formats milliseconds. */
export const milliseconds = (ms: number): string =>
  ms < 1_000 ? `${ms} ms` : `${Number((ms / 1_000).toFixed(ms < 10_000 ? 1 : 0))} s`;
