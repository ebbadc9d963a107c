import { jsonText } from "../../util/json/exactJson.ts";
import type { WorkflowStep } from "./workflowStep.ts";

/** A step as it is sent to the sandbox. Its body is JSON text, to keep all digits of numbers. */
export type StepText = Omit<WorkflowStep, "body"> & { body: string };

export const stepText = (step: WorkflowStep): StepText => ({
  ...step,
  body: jsonText(step.body),
});
