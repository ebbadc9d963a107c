import type { ProgramTasks } from "./programTasks.ts";

/**
 * Runs a cheap sandbox task in this process. The compilers are loaded when first needed: they are an eighth of what a
 * process loads that never needs one.
 */
export async function runInPlace<Name extends keyof ProgramTasks>(
  name: Name,
  input: Parameters<ProgramTasks[Name]>[0],
): Promise<ReturnType<ProgramTasks[Name]>> {
  const { programTasks } = await import("./programTasks.ts");
  const task = programTasks[name] as (
    given: Parameters<ProgramTasks[Name]>[0],
  ) => ReturnType<ProgramTasks[Name]>;
  return task(input);
}
