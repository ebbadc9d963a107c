import { z } from "zod";
import { jsonText } from "../../util/json/exactJson.ts";
import { invalidFields, UserError, type UserErrorDetail } from "../../util/userError.ts";
import { claimLimits } from "../delivery/claimLimits.ts";
import { checkHeaders } from "../hook/hookHeaders.ts";
import { checkLine, exactName, singleLineText } from "../input/singleLineText.ts";
import { TemplateFailure } from "../template/templateFailure.ts";
import { type StepMethod, stepMethods } from "./stepMethods.ts";
import type { StepTemplates } from "./stepTemplates.ts";
import type { TemplateProblem, WorkflowStep } from "./workflowStep.ts";

/** Limits of a workflow and its installations, in characters unless the name says otherwise. */
export const workflowLimits = {
  name: 200,
  steps: 50,
  stepId: 64,
  url: 2_048,
  bodyBytes: 65_536,
  variablesBytes: 16_384,
  workflows: 1_000,
} as const;

const name = singleLineText(workflowLimits.name);

const integerBetween = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return z.number(message).int(message).min(min, message).max(max, message);
};

const step = z.object({
  id: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, "must be letters, digits, _ and -, no digit or - first")
    .max(workflowLimits.stepId, `must have at most ${workflowLimits.stepId} characters`),
  name: name.nullish(),
  method: z.enum(stepMethods, `must be one of ${stepMethods.join(", ")}`),
  url: z
    .string()
    .min(1, "must not be empty")
    .max(workflowLimits.url, `must have at most ${workflowLimits.url} characters`),
  body: z
    .unknown()
    .refine(
      (body) => Buffer.byteLength(jsonText(body ?? null)) <= workflowLimits.bodyBytes,
      `may take ${workflowLimits.bodyBytes} bytes (64 KiB) as JSON at most`,
    ),
  retries: integerBetween(0, 20),
  timeoutMs: integerBetween(100, claimLimits.maxTimeoutMs),
});

const workflow = z.object({
  name,
  eventType: exactName(workflowLimits.name),
  steps: z
    .array(step)
    .min(1, "must have a minimum of 1 items")
    .max(workflowLimits.steps, `must have a maximum of ${workflowLimits.steps} items`),
});

/** A step as the caller gives it; absent and null fields get their defaults. */
export type StepInput = {
  id: string;
  name?: string | null | undefined;
  method?: string | null | undefined;
  url: string;
  headers?: unknown;
  body?: unknown;
  retries?: number | null | undefined;
  timeoutMs?: number | null | undefined;
};

const withDefaults = (input: StepInput) => ({
  ...input,
  name: input.name ?? input.id,
  method: input.method ?? "POST",
  body: input.body ?? null,
  retries: input.retries ?? 3,
  timeoutMs: input.timeoutMs ?? 5_000,
});

/** Checks the given parts of a workflow, without templates. Throws INVALID with a path per error. */
function checkShape(input: object, fields: { [Field in keyof typeof workflow.shape]?: true }) {
  const { error } = workflow.pick(fields).safeParse(input);
  if (!error) return;
  throw invalidFields(error.issues);
}

/** Checks a workflow's name, and the event type that starts it. Throws INVALID. */
export const checkName = (name: string): void => checkShape({ name }, { name: true });
export const checkEventType = (eventType: string): void =>
  checkShape({ eventType }, { eventType: true });
/** Checks the user a workflow is installed for. Throws INVALID. */
export const checkUserId = (userId: string): void =>
  checkLine("userId", userId, workflowLimits.name);

/** The errors of one step, with paths relative to the workflow. */
function errorsOfStep(position: number, check: () => void): UserErrorDetail[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.entries.map((entry) => ({
      ...entry,
      path: ["steps", String(position), ...entry.path],
    }));
  }
}

/** Fills in the steps' defaults and checks them, without their templates. Throws INVALID. */
function checkShapes(inputs: StepInput[]): { steps: WorkflowStep[]; entries: UserErrorDetail[] } {
  const given = inputs.map(withDefaults);
  checkShape({ steps: given }, { steps: true });
  const entries: UserErrorDetail[] = [];
  const ids = new Set<string>();
  const steps = given.map((one, position): WorkflowStep => {
    if (ids.has(one.id)) {
      const message = `field 'steps.${position}.id' must be unique: there is a step '${one.id}' before it`;
      entries.push({ code: "INVALID", message, path: ["steps", String(position), "id"] });
    }
    ids.add(one.id);
    let headers: Record<string, string> = {};
    entries.push(
      ...errorsOfStep(position, () => {
        headers = checkHeaders(one.headers);
      }),
    );
    return { ...one, method: one.method as StepMethod, headers };
  });
  return { steps, entries };
}

/** The problems of templates, as errors of the workflow. */
async function templateErrors(
  templates: StepTemplates,
  projectId: string,
  steps: WorkflowStep[],
): Promise<UserErrorDetail[]> {
  const entry = (message: string, path: string[]): UserErrorDetail => ({
    code: "TEMPLATE_INVALID",
    message,
    path: ["steps", ...path],
  });
  let problems: TemplateProblem[][];
  try {
    problems = await templates.problems(projectId, steps);
  } catch (error) {
    if (!(error instanceof TemplateFailure)) throw error;
    return [entry(`${error.message} to compile`, [])];
  }
  return problems.flatMap((ofStep, position) =>
    ofStep.map(({ message, path }) =>
      entry(`step '${steps[position]?.id}', ${path.join(".")}: ${message}`, [
        String(position),
        ...path,
      ]),
    ),
  );
}

/**
 * Fills in the steps' defaults and checks them with their templates. Throws INVALID or TEMPLATE_INVALID, and Overloaded
 * when the project has used up its share of processor time.
 */
export async function checkSteps(
  templates: StepTemplates,
  projectId: string,
  inputs: StepInput[],
): Promise<WorkflowStep[]> {
  const { steps, entries } = checkShapes(inputs);
  entries.push(...(await templateErrors(templates, projectId, steps)));
  if (entries.length > 0) throw new UserError(entries);
  return steps;
}
