import { Link } from "wouter";
import { useOverview } from "./useOverview.ts";
import { formatRate, formatWait, isLate } from "./wording.ts";
import "./OverviewNote.css";

/** The overview in short form, beside every page except the feed, which has the strip. */
export function OverviewNote() {
  const overview = useOverview();
  if (!overview) return null;
  const { failingHooks, oldestWaitingSeconds } = overview;
  return (
    <dl className="overview-note" aria-label="Overview">
      <div>
        <dt>Accepted</dt>
        <dd>{formatRate(overview.acceptedPerSecond)}/s</dd>
      </div>
      <div>
        <dt>Delivered</dt>
        <dd>{formatRate(overview.deliveredPerSecond)}/s</dd>
      </div>
      {failingHooks > 0 && (
        <div className="overview-note-bad">
          <dt>Failing hooks</dt>
          <dd>
            <Link to="/hooks?failing=yes">{failingHooks.toLocaleString()}</Link>
          </dd>
        </div>
      )}
      {isLate(oldestWaitingSeconds) && (
        <div className="overview-note-warn">
          <dt>Oldest waiting</dt>
          <dd>
            <Link to="/deliveries?status=waiting">{formatWait(oldestWaitingSeconds)}</Link>
          </dd>
        </div>
      )}
    </dl>
  );
}
