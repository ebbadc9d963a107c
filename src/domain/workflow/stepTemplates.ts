import { type Patience, ProgramStopped, type Programs } from "../program/programs.ts";
import { runInPlace } from "../program/programsInPlace.ts";
import { TemplateFailure } from "../template/templateFailure.ts";
import { holdsTemplate } from "../template/templateMarks.ts";
import type { PreviewedStep, ScopeInput } from "./stepPrograms.ts";
import { stepText } from "./stepText.ts";
import type { StepRequest, TemplateProblem, WorkflowStep } from "./workflowStep.ts";

/** Compiles and renders the templates of steps in the sandbox. Steps of plain texts only are handled in place. */
export type StepTemplates = {
  /** The problems of each step's templates. Throws TemplateFailure when a limit stops them. */
  problems(projectId: string, steps: WorkflowStep[]): Promise<TemplateProblem[][]>;
  /** The request of each step, with placeholders for the responses to earlier ones. */
  preview(projectId: string, steps: WorkflowStep[], scope: ScopeInput): Promise<PreviewedStep[]>;
  /** The request of a step of a run; waits for the project's share. Throws TemplateFailure. */
  render(
    projectId: string,
    step: WorkflowStep,
    scope: ScopeInput & { answers: [id: string, output: string][] },
    patience: Patience,
  ): Promise<StepRequest>;
};

const holdTemplates = (steps: WorkflowStep[]) =>
  steps.some(({ url, headers, body }) => holdsTemplate([url, headers, body]));

/** `problems` and `preview` throw Overloaded when the project has used up its share of processor time. */
export function createStepTemplates(programs: Programs): StepTemplates {
  return {
    async problems(projectId, steps) {
      const texts = steps.map(stepText);
      if (!holdTemplates(steps)) return runInPlace("stepProblems", texts);
      return failWhenStopped(() => programs.run(projectId, "stepProblems", texts));
    },
    async preview(projectId, steps, scope) {
      const input = { ...scope, steps: steps.map(stepText) };
      if (!holdTemplates(steps)) return runInPlace("previewSteps", input);
      try {
        return await failWhenStopped(() => programs.run(projectId, "previewSteps", input));
      } catch (error) {
        if (!(error instanceof TemplateFailure)) throw error;
        const { message } = error;
        return steps.map(({ id }) => ({ id, request: null, error: message }));
      }
    },
    async render(projectId, step, scope, patience) {
      const input = { ...scope, step: stepText(step) };
      if (!holdTemplates([step])) return runInPlace("renderStep", input);
      return failWhenStopped(() => programs.run(projectId, "renderStep", input, patience));
    },
  };
}

/** Turns a limit that stopped templates into a TemplateFailure. */
async function failWhenStopped<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ProgramStopped)) throw error;
    throw new TemplateFailure(`the templates ${error.message}`);
  }
}
