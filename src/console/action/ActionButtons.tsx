import { Link } from "wouter";
import { ActionButton } from "./ActionButton.tsx";
import type { ActionRow } from "./actionRow.ts";
import type { ActionEvent } from "./standing.ts";
import "./ActionButtons.css";

/** Buttons shown in a row of the feed; the event's page shows all. */
const FEW = 4;

type Props = { actions: readonly ActionRow[]; event: ActionEvent };

/** The first buttons of an event. */
export function ActionButtons({ actions, event }: Props) {
  if (actions.length === 0) return null;
  return (
    <div className="action-buttons">
      {actions.slice(0, FEW).map((action) => (
        <ActionButton key={action.id} action={action} event={event} />
      ))}
      {actions.length > FEW && (
        <Link to={`/events/${event.id}`} className="action-buttons-more">
          {actions.length - FEW} more
        </Link>
      )}
    </div>
  );
}

/** Moves the focus to the first control among an event's buttons. */
export const focusAction = (eventId: string): void =>
  document
    .querySelector<HTMLElement>(`[data-event="${CSS.escape(eventId)}"] .action-button`)
    ?.focus();
