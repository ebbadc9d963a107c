import { ChevronRight, Flag, Zap } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Json } from "../gql/graphql.ts";
import { Button } from "../ui/Button.tsx";
import { JsonTree } from "../ui/json/JsonTree.tsx";
import { Facts } from "../ui/layout/Facts.tsx";
import { Section } from "../ui/layout/Page.tsx";
import { milliseconds } from "../ui/time/Time.tsx";
import { stepsReadBy } from "./stepsRead.ts";
import "./WorkflowSteps.css";

type Step = {
  id: string;
  name: string;
  method: string;
  url: string;
  headers: Json;
  body: Json;
  retries: number;
  timeoutMs: number;
};

function StepItem({ step, earlier, number }: { step: Step; earlier: Step[]; number: number }) {
  const [isOpen, setIsOpen] = useState(false);
  const headers = typeof step.headers === "object" ? Object.entries(step.headers ?? {}) : [];
  const read = stepsReadBy(step, earlier);
  return (
    <Place mark={number} data-step={step.id}>
      <div className="workflow-step">
        <div className="workflow-step-head">
          <div className="workflow-step-what">
            <span className="workflow-step-name">
              <span className="line">{step.name}</span>
              {step.name !== step.id && <code className="line soft">{step.id}</code>}
            </span>
            <code className="line faint">
              {step.method} {step.url}
            </code>
            <span className="workflow-step-how faint">
              {read.length > 0 && `Uses the answer of ${read.join(", ")}. `}
              {step.retries === 0 ? "One attempt only." : `Up to ${step.retries + 1} attempts.`}
            </span>
          </div>
          <Button
            look="quiet"
            aria-expanded={isOpen}
            aria-label={`Request: ${step.name}`}
            onClick={() => setIsOpen(!isOpen)}
          >
            <ChevronRight size={14} />
          </Button>
        </div>
        {isOpen && (
          <div className="workflow-step-body">
            <Facts
              facts={[
                ["Id", <code key="id">{step.id}</code>],
                ["Max attempts", `${step.retries + 1}`],
                ["Timeout", milliseconds(step.timeoutMs)],
                ["URL", <code key="url">{step.url}</code>, "wide"],
                ...headers.map(([name, value]): [string, string] => [name, String(value)]),
              ]}
            />
            {step.body === null ? <p className="soft">No body.</p> : <JsonTree value={step.body} />}
          </div>
        )}
      </div>
    </Place>
  );
}

/** A place in the order: its mark on the line, and what happens there. */
function Place({
  mark,
  children,
  ...rest
}: {
  mark: ReactNode;
  children: ReactNode;
  "data-step"?: string;
}) {
  return (
    <li className="workflow-place" {...rest}>
      <span className="workflow-mark" aria-hidden="true">
        {mark}
      </span>
      {children}
    </li>
  );
}

/** A workflow from the event that starts it to its end: which step comes after which, and when. */
export function WorkflowSteps({ eventType, steps }: { eventType: string; steps: readonly Step[] }) {
  return (
    <Section title="Steps">
      <ol className="workflow-order">
        <Place mark={<Zap size={14} />}>
          <p className="workflow-end">
            An event <code>{eventType}</code> for a user who has installed the workflow starts a
            run.
          </p>
        </Place>
        {steps.map((step, index) => (
          <StepItem key={step.id} step={step} earlier={steps.slice(0, index)} number={index + 1} />
        ))}
        <Place mark={<Flag size={14} />}>
          <p className="workflow-end">
            After the last step the run has succeeded. A step begins when the one before it was
            answered with 2xx; one whose attempts have all failed ends the run, and those after it
            are cancelled.
          </p>
        </Place>
      </ol>
    </Section>
  );
}
