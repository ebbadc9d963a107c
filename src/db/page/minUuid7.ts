/** The least UUIDv7 of a moment, in milliseconds since 1970. */
export function minUuid7At(ms: number): string {
  const hex = Math.max(0, ms).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/** The moment in an id. */
export const timeOfId = (id: string): number =>
  Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

/** The UTC date of a moment, as in names of partitions: `20261121`. */
export const dateOf = (ms: number): string =>
  new Date(ms).toISOString().slice(0, 10).replaceAll("-", "");

/** Ids are made by a process and times by the database. Clocks may differ by this much, as signatures allow, too. */
export const CLOCK_SKEW_MS = 300_000;

/** The id bounds of rows from a time span, if times and ids differ by at most `roomMs`. */
export const rangeOf = (
  since: Date | null | undefined,
  until: Date | null | undefined,
  roomMs: number,
): { from: string | undefined; to: string | undefined } => ({
  from: since ? minUuid7At(since.getTime() - roomMs) : undefined,
  to: until ? minUuid7At(until.getTime() + roomMs) : undefined,
});
