import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { DeliveryDetail } from "../delivery/DeliveryDetail.tsx";
import { Button } from "../ui/Button.tsx";
import { JsonTree } from "../ui/json/JsonTree.tsx";
import { Badge, toneOf } from "../ui/layout/Badge.tsx";
import { Countdown } from "../ui/time/Time.tsx";
import type { StepRunRow } from "./stepRunRow.ts";
import "./StepRunItem.css";

/** A step on the timeline of a run. It expands to show its attempts and output. */
export function StepRunItem({ run, number }: { run: StepRunRow; number: number }) {
  const { step, status, output, delivery } = run;
  const [isChosen, setIsChosen] = useState<boolean | null>(null);
  const canOpen = delivery !== null || output !== null;
  // A failed step is expanded at first.
  const isOpen = canOpen && (isChosen ?? status === "FAILED");
  return (
    <li className="step-run" data-step={step.id}>
      <span className={`step-run-dot step-run-${toneOf(status)}`}>{number}</span>
      <div className="step-run-frame">
        <div className="step-run-head">
          <div className="step-run-what">
            <span className="step-run-name">
              <span className="line">{step.name}</span>
              {step.name !== step.id && <code className="line soft">{step.id}</code>}
            </span>
            <code className="line faint">
              {step.method} {step.url}
            </code>
          </div>
          <div className="step-run-how soft">
            <Badge state={status} />
            {delivery && (
              <span className="faint">
                {delivery.status === "RETRYING" && delivery.nextAttemptAt !== null ? (
                  <>
                    next attempt <Countdown to={delivery.nextAttemptAt} />
                  </>
                ) : (
                  `${delivery.attemptCount} of ${delivery.maxAttempts} attempts`
                )}
              </span>
            )}
            {status === "FAILED" && !delivery && <span className="faint">nothing was sent</span>}
          </div>
          {canOpen && (
            <Button
              look="quiet"
              aria-expanded={isOpen}
              aria-label={`Request and response: ${step.name}`}
              onClick={() => setIsChosen(!isOpen)}
            >
              <ChevronRight size={14} />
            </Button>
          )}
        </div>
        {isOpen && (
          <div className="step-run-body">
            {output !== null && (
              <div>
                <h3>Output for later steps</h3>
                <JsonTree value={output} />
              </div>
            )}
            {delivery && <DeliveryDetail id={delivery.id} />}
          </div>
        )}
      </div>
    </li>
  );
}
