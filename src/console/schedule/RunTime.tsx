import { formatter } from "../ui/time/formatter.ts";
import { useTimeZone } from "../ui/time/timeZone.ts";

const clock = formatter({ hour: "numeric", minute: "2-digit", timeZoneName: "short" });
const day = formatter({ weekday: "short", month: "short", day: "numeric" });
const dayOfYear = formatter({ dateStyle: "medium" });
const year = formatter({ year: "numeric" });
const full = formatter({ dateStyle: "full", timeStyle: "long" });

/** When a schedule runs, with its zone: it may differ from the one in which the cron is read. */
export function RunTime({ at }: { at: string }) {
  useTimeZone();
  const isThisYear = year(at) === year(Date.now());
  return (
    <time dateTime={at} title={full(at)}>
      {isThisYear ? day(at) : dayOfYear(at)}, {clock(at)}
    </time>
  );
}
