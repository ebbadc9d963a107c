import { type Patience, ProgramStopped, type Programs } from "../program/programs.ts";
import { runInPlace } from "../program/programsInPlace.ts";
import { TemplateFailure } from "../template/templateFailure.ts";
import { holdsTemplate } from "../template/templateMarks.ts";
import type { PreviewedStep, ScopeInput } from "./stepPrograms.ts";
import { stepText } from "./stepText.ts";
import type { StepRequest, TemplateProblem, WorkflowStep } from "./workflowStep.ts";

/** The templates of steps, compiled and rendered in the sandbox; what holds nothing but plain texts, in place. */
export type StepTemplates = {
  /** What is wrong with the templates of each step. Throws TemplateFailure when a limit stops them. */
  problems(projectId: string, steps: WorkflowStep[]): Promise<TemplateProblem[][]>;
  /** What each step would send, when nobody knows yet what earlier ones are answered. */
  preview(projectId: string, steps: WorkflowStep[], scope: ScopeInput): Promise<PreviewedStep[]>;
  /** What a step sends, for a run: it waits for the project's share. Throws TemplateFailure. */
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
      return stopping(() => programs.run(projectId, "stepProblems", texts));
    },
    async preview(projectId, steps, scope) {
      const input = { ...scope, steps: steps.map(stepText) };
      if (!holdTemplates(steps)) return runInPlace("previewSteps", input);
      try {
        return await stopping(() => programs.run(projectId, "previewSteps", input));
      } catch (error) {
        if (!(error instanceof TemplateFailure)) throw error;
        const { message } = error;
        return steps.map(({ id }) => ({ id, request: null, error: message }));
      }
    },
    async render(projectId, step, scope, patience) {
      const input = { ...scope, step: stepText(step) };
      if (!holdTemplates([step])) return runInPlace("renderStep", input);
      return stopping(() => programs.run(projectId, "renderStep", input, patience));
    },
  };
}

/** A limit that stopped templates is why they fail. */
async function stopping<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ProgramStopped)) throw error;
    throw new TemplateFailure(`the templates ${error.message}`);
  }
}
