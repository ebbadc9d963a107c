import { eventScope, type ScopeEvent } from "../event/eventScope.ts";
import { TemplateFailure } from "../template/templateFailure.ts";
import { parseValue } from "../template/templateValue.ts";
import { namedAnswers } from "../workflowRun/namedAnswers.ts";
import type { StepText } from "./stepText.ts";
import {
  compileStep,
  RENDER_LIMIT_MS,
  type StepRequest,
  type TemplateProblem,
  type WorkflowStep,
} from "./workflowStep.ts";

const stepOf = (step: StepText): WorkflowStep => ({ ...step, body: parseValue(step.body) });

/** The problems of each step's templates. */
export function stepProblems(steps: StepText[]): TemplateProblem[][] {
  const ids = steps.map(({ id }) => id);
  return steps.map((step, position) =>
    compileStep(stepOf(step), ids.slice(0, position)).problems(),
  );
}

/** The template variables other than earlier steps, as plain data; JSON is text. */
export type ScopeInput = {
  event: ScopeEvent;
  source: string;
  /** The user's variables. */
  user: string;
};

const scopeOf = ({ event, source, user }: ScopeInput) => ({
  ...eventScope(event, source),
  user: parseValue(user),
});

/** The request of a step, given the responses to earlier ones. Throws TemplateFailure. */
export function renderStep(
  input: ScopeInput & { step: StepText; answers: [id: string, output: string][] },
): StepRequest {
  const { step, answers } = input;
  // No prototype, because a step may be named `__proto__`.
  const steps: Record<string, unknown> = Object.create(null);
  for (const [id, output] of answers) steps[id] = parseValue(output);
  return compileStep(stepOf(step), Object.keys(steps)).render({ ...scopeOf(input), steps });
}

/** The request a step would send, or why it could not send one. */
export type PreviewedStep = { id: string; request: StepRequest | null; error: string | null };

/** The requests that a workflow's steps would send. All steps share the time limit of one. */
export function previewSteps(input: ScopeInput & { steps: StepText[] }): PreviewedStep[] {
  const scope = scopeOf(input);
  const ids = input.steps.map(({ id }) => id);
  const endsAt = performance.now() + RENDER_LIMIT_MS;
  return input.steps.map((step, position) => {
    const { reads, render } = compileStep(stepOf(step), ids.slice(0, position));
    try {
      const limitMs = Math.max(1, endsAt - performance.now());
      const request = render({ ...scope, steps: namedAnswers(reads()) }, limitMs);
      return { id: step.id, request, error: null };
    } catch (error) {
      if (!(error instanceof TemplateFailure)) throw error;
      return { id: step.id, request: null, error: error.message };
    }
  });
}
