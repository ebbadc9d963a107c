import { ChevronRight, RotateCw } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";
import { graphql } from "../gql/graphql.ts";
import { useMay } from "../session/session.ts";
import { Button } from "../ui/Button.tsx";
import { Badge } from "../ui/layout/Badge.tsx";
import { Ago, Countdown } from "../ui/time/Time.tsx";
import { useAct } from "../ui/useAct.ts";
import { DeliveryDetail } from "./DeliveryDetail.tsx";
import type { DeliveryRow } from "./deliveryRow.ts";
import "./DeliveryItem.css";

const RetryDocument = graphql(`
  mutation RetryDelivery($id: ID!) {
    retryDelivery(id: $id) {
      delivery { id status }
      userErrors { code message path }
    }
  }
`);

/**
 * A delivery in its first attempt cannot be retried, nor one that a paused hook has parked; of a workflow, only the
 * whole run can.
 */
const mayRetry = ({ status, hook }: DeliveryRow) =>
  status !== "PENDING" && (status !== "PARKED" || hook?.status === "ACTIVE");

type Props = {
  delivery: DeliveryRow;
  /** What to show, depending on the list. */
  shows: "hook" | "event" | "both";
};

/** A name on one line, as a link if it has a page. */
function Way({ to, name }: { to: string | null; name: string }) {
  if (to === null) return <span className="line">{name}</span>;
  return (
    <Link to={to} className="line">
      {name}
    </Link>
  );
}

/** A delivery in a list. It expands to show its attempts. */
export function DeliveryItem({ delivery, shows }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  const retry = useAct(RetryDocument);
  const may = useMay();
  const { id, status, hook, event, run, nextAttemptAt, lastError } = delivery;
  const hookName = hook?.name ?? hook?.url ?? run?.workflow.name ?? "";
  const name = shows === "hook" ? hookName : event.name;
  const home = run ? `/runs/${run.id}` : hook && `/hooks/${hook.id}`;
  const to = shows === "hook" ? home : `/events/${event.id}`;
  return (
    <li className="delivery" data-delivery={id}>
      <div className="delivery-head">
        <Button
          look="quiet"
          aria-expanded={isOpen}
          aria-label={`Attempts: ${name}`}
          onClick={() => setIsOpen(!isOpen)}
        >
          <ChevronRight size={14} />
        </Button>
        <Badge state={status} />
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
          {lastError !== null && <p className="line faint">{lastError}</p>}
        </div>
        <div className="delivery-when soft">
          {nextAttemptAt !== null && status === "RETRYING" ? (
            <span>
              next attempt <Countdown to={nextAttemptAt} />
            </span>
          ) : (
            <Ago at={delivery.completedAt ?? delivery.createdAt} />
          )}
          <span className="faint">
            {delivery.attemptCount} of {delivery.maxAttempts} attempts
            {delivery.replayOf !== null && ", replayed"}
          </span>
        </div>
        {may.operate && mayRetry(delivery) && run === null && (
          <Button
            aria-label={`Retry: ${name}`}
            isBusy={retry.isRunning}
            onClick={() =>
              retry.run(
                { id },
                status === "SUCCEEDED"
                  ? "Sending it again as a new delivery."
                  : "Retrying the delivery.",
              )
            }
          >
            <RotateCw size={14} /> <span>Retry</span>
          </Button>
        )}
      </div>
      {isOpen && <DeliveryDetail id={id} />}
    </li>
  );
}
