import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { Button } from "../ui/Button.tsx";
import { hostOf } from "../ui/layout/ExternalLink.tsx";
import { ActionButton } from "./ActionButton.tsx";
import { ActionDetail } from "./ActionDetail.tsx";
import type { ActionRow } from "./actionRow.ts";
import type { ActionEvent } from "./standing.ts";
import "./ActionItem.css";

type Props = { action: ActionRow; event: ActionEvent };

/** An action on the page of its event. It expands to show what it sends and its presses. */
export function ActionItem({ action, event }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  const { id, url, external, buttonText } = action;
  return (
    <li className="action-item">
      <div className="action-item-head">
        <Button
          look="quiet"
          aria-expanded={isOpen}
          aria-label={`${external ? "Details" : "Presses"}: ${buttonText}`}
          onClick={() => setIsOpen(!isOpen)}
        >
          <ChevronRight size={14} />
        </Button>
        <ActionButton action={action} event={event} explains />
        <span className="action-item-host line faint">
          {external ? "opens" : "calls"} {hostOf(url) ?? url}
        </span>
      </div>
      {isOpen && <ActionDetail id={id} />}
    </li>
  );
}
