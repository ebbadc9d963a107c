import { useNow } from "./useNow.ts";

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

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
  const seconds = (useNow() - Date.parse(at)) / 1_000;
  const text = seconds < -1 ? `in ${span(-seconds)}` : seconds < 5 ? "now" : `${span(seconds)} ago`;
  return (
    <time dateTime={at} title={full.format(new Date(at))}>
      {text}
    </time>
  );
}

/** A time; with the date if it is not today. */
export function Moment({ at }: { at: string }) {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  return (
    <time dateTime={at} title={full.format(date)}>
      {isToday ? clock.format(date) : `${day.format(date)}, ${clock.format(date)}`}
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
