import { userError } from "../../util/userError.ts";
import type { PayloadRunner } from "./payloadRunner.ts";

/** Throws INVALID when a hook's template can never be rendered, and Overloaded. */
export async function checkTemplate(
  payloads: PayloadRunner,
  projectId: string,
  { template }: { template?: string | null | undefined },
): Promise<void> {
  if (template == null) return;
  const problem = await payloads.templateProblem(projectId, template);
  if (problem !== null)
    throw userError("INVALID", `field 'template' can't be rendered: ${problem}`, ["template"]);
}
