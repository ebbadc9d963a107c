/** A span of time in an address, by which a list is filtered. */
export type TimeSpan = {
  /** One of `spans`, `RANGE` for `since` and `until`, or empty for all. */
  time: string;
  /** The bounds of the range: instants, which mean the same in every time zone. */
  since: string;
  until: string;
};

/** The spans that end now. */
export const spans: Readonly<Record<string, { label: string; ms: number }>> = {
  "15m": { label: "Last 15 minutes", ms: 900_000 },
  "1h": { label: "Last hour", ms: 3_600_000 },
  "24h": { label: "Last 24 hours", ms: 86_400_000 },
  "7d": { label: "Last 7 days", ms: 604_800_000 },
};

export const RANGE = "range";

const isTime = (text: string) => text === "" || !Number.isNaN(Date.parse(text));

/** What is wrong with the span, which then lists nothing; undefined if nothing is. */
export const spanProblem = ({ time, since, until }: TimeSpan): string | undefined =>
  time !== RANGE || (isTime(since) && isTime(until))
    ? undefined
    : "A bound of the range in the address is no time: choose it anew.";

const timeOrNull = (text: string) =>
  text === "" || !isTime(text) ? null : new Date(text).toISOString();

/** The bounds of the span, as variables of the API. */
export function boundsOf({ time, since, until }: TimeSpan) {
  const span = spans[time];
  if (span) return { since: new Date(Date.now() - span.ms).toISOString(), until: null };
  if (time !== RANGE) return { since: null, until: null };
  return { since: timeOrNull(since), until: timeOrNull(until) };
}
