import type { ReactNode } from "react";
import { Link } from "wouter";
import { Sparkline } from "../ui/layout/Sparkline.tsx";
import { useOverview } from "./useOverview.ts";
import { formatRate, formatWait, isLate } from "./wording.ts";
import "./OverviewStrip.css";

type TileProps = {
  label: string;
  value: string | undefined;
  unit?: string;
  tone?: "bad" | "warn" | undefined;
  /** A link to details. */
  to?: string;
  children?: ReactNode;
};

function Tile({ label, value, unit, tone, to, children }: TileProps) {
  const content = (
    <>
      <span className="overview-label">{label}</span>
      <span className={`overview-value ${tone ? `overview-${tone}` : ""}`}>
        {value ?? "–"}
        {value !== undefined && unit !== undefined && <span className="overview-unit">{unit}</span>}
      </span>
    </>
  );
  return (
    <li className="overview-tile">
      {to === undefined ? (
        <div className="overview-what">{content}</div>
      ) : (
        <Link to={to} className="overview-what">
          {content}
        </Link>
      )}
      {children && <div className="overview-course">{children}</div>}
    </li>
  );
}

/** The overview above the feed. */
export function OverviewStrip() {
  const overview = useOverview();
  // The current, incomplete minute would look like a drop.
  const minutes = overview?.minutes.slice(0, -1) ?? [];
  const late = overview && isLate(overview.oldestWaitingSeconds);
  return (
    <section className="overview-frame" aria-label="Overview">
      <ul className="overview">
        <Tile label="Accepted" value={overview && formatRate(overview.acceptedPerSecond)} unit="/s">
          <Sparkline
            values={minutes.map(({ accepted }) => accepted)}
            label="Events accepted in each of the last 60 minutes"
          />
        </Tile>
        <Tile
          label="Delivered"
          value={overview && formatRate(overview.deliveredPerSecond)}
          unit="/s"
        >
          <Sparkline
            values={minutes.map(({ delivered }) => delivered)}
            label="Deliveries that succeeded in each of the last 60 minutes"
            tone="good"
          />
        </Tile>
        <Tile
          label="Failing hooks"
          value={overview?.failingHooks.toLocaleString()}
          tone={overview && overview.failingHooks > 0 ? "bad" : undefined}
          to="/hooks?failing=yes"
        />
        <Tile
          label="Oldest waiting"
          value={overview && formatWait(overview.oldestWaitingSeconds)}
          tone={late ? "warn" : undefined}
          to="/deliveries?status=waiting"
        />
      </ul>
    </section>
  );
}
