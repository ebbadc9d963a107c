import { LRUCache } from "lru-cache";
import { userError } from "../../util/userError.ts";

/** Bounded, because a zone's name may be spelled in many ways: Europe/Berlin, europe/BERLIN … */
const formats = new LRUCache<string, Intl.DateTimeFormat>({ max: 100 });

/** Such as `GMT+10:30`. */
const OFFSET = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/;

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" });
  formats.set(timeZone, made);
  return made;
}

/** Throws INVALID unless it is the name of an IANA time zone. */
export function checkTimeZone(timeZone: string): void {
  try {
    // Intl also takes offsets such as +02:00, which have no rules.
    if (/^[A-Za-z]/.test(timeZone) && timeZone.length <= 64) {
      formatOf(timeZone);
      return;
    }
  } catch {}
  throw userError(
    "INVALID",
    "field 'timeZone' must be the name of an IANA time zone, such as Europe/Berlin or UTC",
    ["timeZone"],
  );
}

/** By how many milliseconds the zone's clocks are ahead of UTC at an instant. */
export function offsetAt(timeZone: string, instant: number): number {
  const parts = formatOf(timeZone).formatToParts(instant);
  const text = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign, hours, minutes, seconds = "0"] = OFFSET.exec(text) ?? [];
  if (sign === undefined) return 0;
  const ms = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
  return sign === "-" ? -ms : ms;
}
