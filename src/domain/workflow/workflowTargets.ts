import { UserError, type UserErrorDetail } from "../../util/userError.ts";
import type { WorkflowStep } from "./workflowStep.ts";

/** Errors of the steps' targets. A URL with a template is skipped here: it is checked when it is called. */
export async function stepTargetErrors(
  checkTarget: (url: string) => Promise<string>,
  steps: WorkflowStep[],
): Promise<UserErrorDetail[]> {
  const errors = await Promise.all(
    steps.map(async ({ url }, position) => {
      if (/\{\{|\{%/.test(url)) return [];
      try {
        await checkTarget(url);
        return [];
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        const at = ["steps", String(position)];
        return error.entries.map((entry) => ({ ...entry, path: [...at, ...entry.path] }));
      }
    }),
  );
  return errors.flat();
}
