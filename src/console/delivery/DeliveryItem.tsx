import { ChevronRight } from "lucide-react";
import { type MouseEvent, useRef } from "react";
import { Link } from "wouter";
import { useKept } from "../kept/useKept.ts";
import { useMay } from "../session/session.ts";
import { Button } from "../ui/Button.tsx";
import { counted } from "../ui/counted.ts";
import { Badge } from "../ui/layout/Badge.tsx";
import { isForRow } from "../ui/layout/rowClick.ts";
import { useFocusHeir } from "../ui/layout/useFocusHeir.ts";
import { Ago } from "../ui/time/Time.tsx";
import { DeliveryDetail } from "./DeliveryDetail.tsx";
import { deliveryHeirs } from "./deliveryHeirs.ts";
import type { DeliveryRow } from "./deliveryRow.ts";
import { errorText } from "./errorText.ts";
import { NextAttempt } from "./NextAttempt.tsx";
import { RetryButton } from "./RetryButton.tsx";
import { mayRetry, targetOf } from "./retry.ts";
import "./DeliveryItem.css";

type Props = {
  delivery: DeliveryRow;
  /** What to show, depending on the list. */
  shows: "hook" | "event" | "both";
  /** Whether it is chosen among others, and the change of that; null if others can be, but not this one. */
  choice?: { isOn: boolean; onChange: (isOn: boolean) => void } | null;
  /** Whether it is the row that the keys have selected. */
  isSelected?: boolean;
};

/** A name on one line, as a link if it has a page. */
function Way({ to, name }: { to: string | null; name: string }) {
  if (to === null) return <span>{name}</span>;
  return <Link to={to}>{name}</Link>;
}

/** A delivery in a list. A click expands it to show its attempts. */
export function DeliveryItem({ delivery, shows, choice, isSelected = false }: Props) {
  const { id, status, hook, event, run, nextAttemptAt, lastError } = delivery;
  const [isOpen, setIsOpen] = useKept(`open ${id}`, false);
  const row = useRef<HTMLLIElement>(null);
  useFocusHeir(row, deliveryHeirs);
  const may = useMay();
  const hookName = targetOf(delivery);
  const name = shows === "hook" ? hookName : event.name;
  const home = run ? `/runs/${run.id}` : hook && `/hooks/${hook.id}`;
  const to = shows === "hook" ? home : `/events/${event.id}`;
  return (
    <li ref={row} className="delivery" data-delivery={id} data-chosen={isSelected || undefined}>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the button in it does the same */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a larger place to click for its button */}
      <div
        className="delivery-head"
        onClick={(click: MouseEvent) => isForRow(click) && setIsOpen(!isOpen)}
      >
        {choice && (
          <input
            type="checkbox"
            className="delivery-choice"
            aria-label={`Choose: ${name}`}
            checked={choice.isOn}
            onChange={({ target }) => choice.onChange(target.checked)}
          />
        )}
        {choice === null && <span className="delivery-choice" />}
        <Button
          look="quiet"
          aria-expanded={isOpen}
          aria-label={`Attempts: ${name}`}
          onClick={() => setIsOpen(!isOpen)}
        >
          <ChevronRight size={14} />
        </Button>
        <span className="delivery-state">
          <Badge state={status} />
        </span>
        <div className="delivery-what">
          <div className="delivery-title">
            <Way to={to} name={name} />
            {shows === "both" && (
              <>
                <span className="faint">to</span>
                <Way to={home} name={hookName} />
              </>
            )}
          </div>
          {lastError !== null && <p className="faint">{errorText(lastError)}</p>}
        </div>
        <div className="delivery-when soft">
          {nextAttemptAt !== null && status === "RETRYING" ? (
            <span>
              next attempt <NextAttempt delivery={delivery} at={nextAttemptAt} />
            </span>
          ) : (
            <Ago at={delivery.completedAt ?? delivery.createdAt} />
          )}
          <span className="faint">
            {delivery.attemptCount} of {counted(delivery.maxAttempts, "attempt")}
            {delivery.replayOf !== null && ", replayed"}
          </span>
        </div>
        {may.operate && (
          <span className="delivery-tool">
            {mayRetry(delivery) && <RetryButton delivery={delivery} name={name} />}
            {run && (
              <Link
                to={`/runs/${run.id}`}
                className="button"
                title="A step is tried again with its run"
              >
                Open run
              </Link>
            )}
          </span>
        )}
      </div>
      {isOpen && <DeliveryDetail id={id} />}
    </li>
  );
}
