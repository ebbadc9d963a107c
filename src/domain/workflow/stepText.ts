import { jsonText } from "../../util/exactJson.ts";
import type { WorkflowStep } from "./workflowStep.ts";

/** A step as it crosses to the sandbox; its body, with every digit, as JSON text. */
export type StepText = Omit<WorkflowStep, "body"> & { body: string };

export const stepText = (step: WorkflowStep): StepText => ({
  ...step,
  body: jsonText(step.body),
});
