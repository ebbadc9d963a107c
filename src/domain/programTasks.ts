import { filterVerdict } from "./filterVerdict.ts";

/** What the sandbox runs, by name; inputs and results cross a process boundary, so they are plain data. */
export const programTasks = {
  filter: filterVerdict,
};

export type ProgramTasks = typeof programTasks;
