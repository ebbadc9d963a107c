import { formatter } from "../../ui/time/formatter.ts";
import { useTimeZone } from "../../ui/time/timeZone.ts";
import type { HookRow } from "../hookRow.ts";
import { countsInWords, lastDay, sumOf } from "./hookHours.ts";
import "./HookChart.css";

const HEIGHT = 24;
const STEP = 4;
const BAR = 3;
const clock = formatter({ hour: "2-digit", minute: "2-digit" });

type Props = { hours: HookRow["hours"]; isLarge?: boolean };

/** One bar per hour of the last 24: successes, failures and retries. */
export function HookChart({ hours, isLarge }: Props) {
  useTimeZone();
  const day = lastDay(hours);
  const highest = Math.max(1, ...day.map((it) => it.succeeded + it.failed + it.retried));
  const high = (count: number) => (count / highest) * HEIGHT;
  return (
    <svg
      className={isLarge ? "hook-chart hook-chart-large" : "hook-chart"}
      viewBox={`0 0 ${day.length * STEP - (STEP - BAR)} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`Last 24 hours: ${countsInWords(sumOf(day))}`}
    >
      {day.map((hour, index) => {
        const good = high(hour.succeeded);
        const warn = high(hour.retried);
        const bad = high(hour.failed);
        const bars = [
          { tone: "good", height: good, y: HEIGHT - good },
          { tone: "warn", height: warn, y: HEIGHT - good - warn },
          { tone: "bad", height: bad, y: HEIGHT - good - warn - bad },
        ];
        return (
          <g key={hour.at}>
            <title>{`${clock(hour.at)}: ${countsInWords(hour)}`}</title>
            <rect className="hook-chart-room" x={index * STEP} y={0} width={BAR} height={HEIGHT} />
            {bars
              .filter(({ height }) => height > 0)
              .map(({ tone, ...bar }) => (
                <rect
                  key={tone}
                  className={`hook-chart-${tone}`}
                  x={index * STEP}
                  width={BAR}
                  {...bar}
                />
              ))}
          </g>
        );
      })}
    </svg>
  );
}
