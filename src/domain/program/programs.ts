import type { ProgramTasks } from "./programTasks.ts";

/**
 * Tenants' programs (filters, templates, schemas) that may be expensive run outside this process's event loop and heap,
 * with a deadline, a memory limit and a share of processor time per project (sandbox/).
 */
export type Programs = {
  /**
   * Runs a task in the sandbox. Rethrows the task's UserError and TemplateFailure; throws ProgramStopped when a limit
   * ended it, and Overloaded when the project has used up its share and `patience` is absent.
   */
  run<Name extends keyof ProgramTasks>(
    projectId: string,
    name: Name,
    input: Parameters<ProgramTasks[Name]>[0],
    patience?: Patience,
  ): Promise<ReturnType<ProgramTasks[Name]>>;
};

/** Waits for the project's share until the signal fires. Without it, the wait is 5 s. */
export type Patience = { until: AbortSignal };

/** The limits of one run of a program. */
export const programLimits = { cpuMs: 1_000, heapMb: 128 } as const;

/**
 * Thrown when a limit ended the program. The message names the limit and continues a sentence that begins with "the
 * filter" or "the template".
 */
export class ProgramStopped extends Error {
  override name = "ProgramStopped" as const;
}
