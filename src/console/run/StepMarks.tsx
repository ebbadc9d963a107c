import { statusText, toneOf } from "../ui/layout/Badge.tsx";
import "./StepMarks.css";

type Step = { step: { id: string; name: string }; status: string };

/** The progress of a run: one mark per step, coloured by its status. */
export function StepMarks({ steps }: { steps: readonly Step[] }) {
  const done = steps.filter(({ status }) => status === "SUCCEEDED").length;
  return (
    <span className="step-marks" role="img" aria-label={`${done} of ${steps.length} steps done`}>
      {steps.map(({ step, status }) => (
        <span
          key={step.id}
          className={`step-mark step-mark-${toneOf(status)}`}
          title={`${step.name}: ${statusText(status)}`}
        />
      ))}
    </span>
  );
}
