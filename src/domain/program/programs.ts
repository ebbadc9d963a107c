import type { ProgramTasks } from "./programTasks.ts";

/**
 * Programs of tenants (filters, templates, schemas) whose cost is not known to be small run outside this process's
 * event loop and heap, under a deadline, a memory limit and a share of processor time per project (sandbox/).
 */
export type Programs = {
  /**
   * Runs a task in the sandbox. Throws what the task throws of UserError and TemplateFailure, ProgramStopped when a
   * limit ended it, and Overloaded when the project has used up its share and nobody is patient.
   */
  run<Name extends keyof ProgramTasks>(
    projectId: string,
    name: Name,
    input: Parameters<ProgramTasks[Name]>[0],
    patience?: Patience,
  ): Promise<ReturnType<ProgramTasks[Name]>>;
};

/** Waits for its project's share however long that takes, until the signal fires. Absent: for 5 s. */
export type Patience = { until: AbortSignal };

/** What one run of a program may take. */
export const programLimits = { cpuMs: 1_000, heapMb: 128 } as const;

/** A limit ended the program; the message says which, and reads on after "the filter" or "the template". */
export class ProgramStopped extends Error {
  override name = "ProgramStopped" as const;
}
