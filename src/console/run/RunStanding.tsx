import { Countdown } from "../ui/time/Time.tsx";
import type { RunRow } from "./runRow.ts";

/** What it needs of a run. */
type Standing = Pick<RunRow, "status" | "error"> & {
  steps: readonly Pick<RunRow["steps"][number], "step" | "status" | "delivery">[];
};

/** The reason of a failed run, without the step that it begins with: that is named beside it. */
function reasonOf(error: string, stepId: string): string {
  const prefix = `step '${stepId}': `;
  return error.startsWith(prefix) ? error.slice(prefix.length) : error;
}

/** Where a run stands: the step that it waits for or that failed, and why. */
export function RunStanding({ run: { status, error, steps } }: { run: Standing }) {
  if (status === "QUEUED") return "Waits to start.";
  if (status === "SUCCEEDED") return `Done: ${steps.length} of ${steps.length} steps.`;
  const index = steps.findIndex((step) => step.status === status);
  const at = steps[index];
  if (!at) return error ?? "Between two steps.";
  const place = `step ${index + 1} of ${steps.length}, ${at.step.name}`;
  if (status === "FAILED")
    return `Failed at ${place}: ${error === null ? "no reason is known" : reasonOf(error, at.step.id)}`;
  const { delivery } = at;
  if (delivery?.status !== "RETRYING") return `At ${place}.`;
  return (
    <>
      At {place}: attempt {delivery.attemptCount} of {delivery.maxAttempts} failed
      {delivery.lastError !== null && ` (${delivery.lastError})`}
      {delivery.nextAttemptAt !== null && (
        <>
          , next <Countdown to={delivery.nextAttemptAt} />
        </>
      )}
    </>
  );
}
