import { Check, ExternalLink, Hourglass, LoaderCircle } from "lucide-react";
import { useBarred } from "../session/session.ts";
import { hostOf } from "../ui/layout/ExternalLink.tsx";
import { toast } from "../ui/Toasts.tsx";
import { useNow } from "../ui/time/useNow.ts";
import { ActionNote } from "./ActionNote.tsx";
import type { ActionRow } from "./actionRow.ts";
import { askToPress } from "./PressDialog.tsx";
import { type ActionEvent, type Standing, standingOf } from "./standing.ts";
import "./ActionButton.css";

type Props = {
  action: ActionRow;
  event: ActionEvent;
  /** Whether the reason for a disabled button is shown beside it, if it is of this button alone; otherwise it is a tooltip. */
  explains?: boolean;
};

/** An action of an event: its button or its result, and a note. */
export function ActionButton({ action, event, explains = false }: Props) {
  const barred = useBarred("OPERATOR", "Pressing a button");
  const now = useNow();
  const standing = standingOf(action, event, barred, now);
  return (
    <span className="action" data-action={action.id}>
      <Control action={action} eventId={event.id} standing={standing} />
      <ActionNote action={action} standing={standing} now={now} />
      {explains && standing.kind === "barred" && standing.reason !== barred && (
        <span className="action-note faint">{standing.reason}</span>
      )}
    </span>
  );
}

type ControlProps = { action: ActionRow; eventId: string; standing: Standing };

function Control({ action, eventId, standing }: ControlProps) {
  const { id, buttonText, external, url } = action;
  const text = <span className="line action-text">{buttonText}</span>;
  if (standing.kind === "complete" || standing.kind === "expired") {
    const isDone = standing.kind === "complete";
    return (
      <span className={`action-over ${isDone ? "action-done" : ""}`} title={standing.reason}>
        {isDone ? <Check size={14} aria-label="Done:" /> : <Hourglass size={12} />}
        {text}
      </span>
    );
  }
  const look = `action-button action-${action.style.toLowerCase()}`;
  if (standing.kind !== "ready") {
    const { reason } = standing;
    const isRunning = standing.kind === "running";
    return (
      // Stays focusable, so that it can explain why it is disabled.
      <button
        type="button"
        className={look}
        aria-disabled="true"
        aria-busy={isRunning}
        title={reason}
        onClick={() => toast(reason, "bad")}
      >
        {isRunning && <LoaderCircle size={12} className="action-spinner" />}
        {text}
      </button>
    );
  }
  if (!external) {
    return (
      <button type="button" className={look} onClick={() => askToPress({ actionId: id, eventId })}>
        {text}
      </button>
    );
  }
  const host = hostOf(url);
  if (host === null) return <span className="action-over">{text} (no web address)</span>;
  return (
    <a
      className={look}
      href={url}
      target="_blank"
      rel="noopener noreferrer nofollow"
      title={`Opens ${host}`}
    >
      {text}
      <ExternalLink size={12} aria-label={`opens ${host}`} />
    </a>
  );
}
