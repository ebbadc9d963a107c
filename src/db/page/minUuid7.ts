/** The least id of a moment, in milliseconds since 1970: ids begin with the time (UUIDv7). */
export function minUuid7At(ms: number): string {
  const hex = Math.max(0, ms).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/** The moment that an id begins with. */
export const timeOfId = (id: string): number =>
  Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

/** The date of a moment, in UTC, as names of tables have it: `20261121`. */
export const dateOf = (ms: number): string =>
  new Date(ms).toISOString().slice(0, 10).replaceAll("-", "");

/** Ids come from a process and times from the database: signatures allow clocks to differ as much. */
export const CLOCK_SKEW_MS = 300_000;

/** What the ids of a time's rows lie between, when their times are no further from their ids than this. */
export const rangeOf = (
  since: Date | null | undefined,
  until: Date | null | undefined,
  roomMs: number,
): { from: string | undefined; to: string | undefined } => ({
  from: since ? minUuid7At(since.getTime() - roomMs) : undefined,
  to: until ? minUuid7At(until.getTime() + roomMs) : undefined,
});
