import { ChevronRight } from "lucide-react";
import { useState } from "react";
import type { Json } from "../gql/graphql.ts";
import { Button } from "../ui/Button.tsx";
import { JsonTree } from "../ui/json/JsonTree.tsx";
import { Facts } from "../ui/layout/Facts.tsx";
import { Section } from "../ui/layout/Page.tsx";
import { milliseconds } from "../ui/time/Time.tsx";
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

function StepItem({ step, number }: { step: Step; number: number }) {
  const [isOpen, setIsOpen] = useState(false);
  const headers = typeof step.headers === "object" ? Object.entries(step.headers ?? {}) : [];
  return (
    <li className="workflow-step">
      <div className="workflow-step-head">
        <Button
          look="quiet"
          aria-expanded={isOpen}
          aria-label={`Request: ${step.name}`}
          onClick={() => setIsOpen(!isOpen)}
        >
          <ChevronRight size={14} />
        </Button>
        <span className="step-number">{number}</span>
        <div className="workflow-step-what">
          <span className="line">{step.name}</span>
          <code className="line faint">
            {step.method} {step.url}
          </code>
        </div>
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
    </li>
  );
}

/** The steps of a workflow. */
export function WorkflowSteps({ steps }: { steps: readonly Step[] }) {
  return (
    <Section title="Steps">
      <ol className="workflow-steps">
        {steps.map((step, index) => (
          <StepItem key={step.id} step={step} number={index + 1} />
        ))}
      </ol>
    </Section>
  );
}
