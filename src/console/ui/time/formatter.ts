import { timeZone } from "./timeZone.ts";

/** A function that writes times in the zone that is chosen when it is called. */
export function formatter(
  options: Intl.DateTimeFormatOptions,
): (at: string | number | Date) => string {
  const made = new Map<string, Intl.DateTimeFormat>();
  return (at) => {
    const zone = timeZone();
    const format =
      made.get(zone) ?? new Intl.DateTimeFormat(undefined, { ...options, timeZone: zone });
    made.set(zone, format);
    return format.format(new Date(at));
  };
}
