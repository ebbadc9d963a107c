import { UserError, type UserErrorDetail } from "../../util/userError.ts";
import type { WorkflowStep } from "./workflowStep.ts";

/** Why steps may not call what they name. A url with a template is judged when it is called: here others alone. */
export async function refusedTargets(
  checkTarget: (url: string) => Promise<string>,
  steps: WorkflowStep[],
): Promise<UserErrorDetail[]> {
  const judged = await Promise.all(
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
  return judged.flat();
}
