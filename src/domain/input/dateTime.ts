const RFC_3339 =
  /^(\d{4}-\d\d-\d\d)[Tt ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** A time that a caller gave; or it is not one (`form`), or not in the years 1000 to 9999 of UTC (`range`). */
type Given = { at: Date; problem?: undefined } | { problem: "form" | "range" };

/** How a time is written. */
export const DATE_TIME_FORM = "an RFC 3339 string such as 2026-01-31T12:00:00Z";
/** What a timestamp may be beside that. */
export const OR_A_NUMBER =
  ", or a number: milliseconds since 1970, or seconds when it is below 100000000000";

const isInRange = (at: Date) => !/^[0+-]/.test(at.toISOString());

/** Reads an RFC 3339 time with an offset. */
export function readDateTime(value: unknown): Given {
  const day = typeof value === "string" ? RFC_3339.exec(value)?.[1] : undefined;
  const midnight = new Date(`${day}T00:00:00Z`);
  // Date accepts 30 February as 2 March, and misreads years with fewer than four digits.
  const dayExists =
    day && !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
  if (typeof value !== "string" || !dayExists) return { problem: "form" };
  const at = new Date(value);
  return isInRange(at) ? { at } : { problem: "range" };
}

/** Numbers below 1e11 are seconds (to the year 5138); larger ones are milliseconds (from 1973). */
const SECONDS_BELOW = 1e11;

/** Reads a time, or a number of milliseconds or seconds since 1970. */
export function readTimestamp(value: unknown): Given {
  if (typeof value !== "number") return readDateTime(value);
  const at = new Date(value < SECONDS_BELOW ? value * 1_000 : value);
  return !Number.isNaN(at.getTime()) && isInRange(at) ? { at } : { problem: "form" };
}
