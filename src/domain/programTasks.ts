import { filterVerdict } from "./filterVerdict.ts";
import { schemaCheck } from "./schemaCheck.ts";
import { checkRegistration, compareSchemas } from "./schemaRegistration.ts";
import { previewSteps, renderStep, stepProblems } from "./stepPrograms.ts";

/** What the sandbox runs, by name; inputs and results cross a process boundary, so they are plain data. */
export const programTasks = {
  filter: filterVerdict,
  schema: schemaCheck,
  schemaRegistration: checkRegistration,
  schemaComparison: compareSchemas,
  previewSteps,
  renderStep,
  stepProblems,
};

export type ProgramTasks = typeof programTasks;
