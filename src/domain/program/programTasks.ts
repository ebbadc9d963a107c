import { schemaCheck } from "../eventType/schemaCheck.ts";
import { checkRegistration, compareSchemas } from "../eventType/schemaRegistration.ts";
import { filterVerdict, orderKey } from "../filter/filterVerdict.ts";
import { renderPayload, templateProblem } from "../payload/payloadPrograms.ts";
import { previewSteps, renderStep, stepProblems } from "../workflow/stepPrograms.ts";

/** The tasks of the sandbox, by name. Inputs and results cross a process boundary, so they are plain data. */
export const programTasks = {
  filter: filterVerdict,
  orderKey,
  schema: schemaCheck,
  schemaRegistration: checkRegistration,
  schemaComparison: compareSchemas,
  previewSteps,
  renderPayload,
  renderStep,
  stepProblems,
  templateProblem,
};

export type ProgramTasks = typeof programTasks;
