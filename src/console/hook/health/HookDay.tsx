import { Link } from "wouter";
import { Facts } from "../../ui/layout/Facts.tsx";
import { Section } from "../../ui/layout/Page.tsx";
import type { HookRow } from "../hookRow.ts";
import { Health } from "./Health.tsx";
import { HookChart } from "./HookChart.tsx";
import { lastDay, sumOf } from "./hookHours.ts";
import "./HookDay.css";

/** The API stops counting here. */
const MOST = 10_000;

type QueueProps = { hookId: string; count: number; status: "waiting" | "parked" };

/** The number of deliveries in a state, as a link to them. */
function Queue({ hookId, count, status }: QueueProps) {
  if (count === 0) return <>None</>;
  const to = `/deliveries?${new URLSearchParams({ status, hook: hookId })}`;
  return (
    <Link to={to}>
      {count.toLocaleString()}
      {count >= MOST && " or more"}
    </Link>
  );
}

/** A hook's last 24 hours and its waiting deliveries. */
export function HookDay({ hook }: { hook: HookRow }) {
  const { succeeded, failed, retried } = sumOf(lastDay(hook.hours));
  const legend = [
    { tone: "good", count: succeeded, words: "succeeded" },
    { tone: "bad", count: failed, words: "failed" },
    { tone: "warn", count: retried, words: retried === 1 ? "retry" : "retries" },
  ];
  return (
    <Section title="Last 24 hours">
      <div className="hook-day">
        <HookChart hours={hook.hours} isLarge />
        <div className="hook-day-foot">
          <span className="faint">24 h ago</span>
          <ul className="hook-day-legend">
            {legend.map(({ tone, count, words }) => (
              <li key={tone}>
                <span className={`hook-day-mark hook-day-${tone}`} />
                {count.toLocaleString()} {words}
              </li>
            ))}
          </ul>
          <span className="faint">now</span>
        </div>
      </div>
      <Facts
        facts={[
          ["Success rate", <Health key="health" succeeded={succeeded} failed={failed} />],
          [
            "Waiting",
            <Queue key="waiting" hookId={hook.id} count={hook.waitingCount} status="waiting" />,
          ],
          [
            "Parked",
            <Queue key="parked" hookId={hook.id} count={hook.parkedCount} status="parked" />,
          ],
        ]}
      />
    </Section>
  );
}
