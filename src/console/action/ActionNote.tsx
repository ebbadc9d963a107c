import { Check, CircleAlert } from "lucide-react";
import { Ago, Countdown } from "../ui/time/Time.tsx";
import type { ActionRow } from "./actionRow.ts";
import type { Standing } from "./standing.ts";

/** How long before it expires an action counts down. */
const NEAR_MS = 3_600_000;

type Props = { action: ActionRow; standing: Standing; now: number };

/**
 * The note beside a button: who pressed it with which result, why it is disabled, or when it
 * expires.
 */
export function ActionNote({ action, standing, now }: Props) {
  const { actionStatus: status, lastError, completedAt, expiresAt } = action;
  const [last] = action.presses.nodes;
  const isNear = Date.parse(expiresAt) - now < NEAR_MS;
  return (
    <>
      {standing.kind === "running" && last && (
        <span className="action-note faint">pressed by {last.pressedBy}</span>
      )}
      {status === "COMPLETE" && completedAt !== null && (
        <span className="action-note action-good">
          {standing.kind !== "complete" && <Check size={12} aria-label="Done" />}{" "}
          {last?.status === "SUCCEEDED" && <>{last.pressedBy}, </>}
          <Ago at={completedAt} />
        </span>
      )}
      {lastError !== null && standing.kind !== "running" && (
        <span
          className={`action-note action-error ${last?.status === "UNKNOWN" ? "action-unknown" : ""}`}
          title={last ? `${last.pressedBy}: ${lastError}` : lastError}
        >
          <CircleAlert size={12} /> {lastError}
        </span>
      )}
      {standing.kind === "expired" && (
        <span className="action-note faint">
          expired <Ago at={expiresAt} />
        </span>
      )}
      {standing.kind === "ready" && isNear && (
        <span className="action-note action-near">
          expires <Countdown to={expiresAt} />
        </span>
      )}
    </>
  );
}
