import type { DeliveryRow } from "../../db/delivery/deliveries.ts";
import { stepRequestsOf } from "../../db/workflow/workflowRuns.ts";
import { openStepRequest } from "../../domain/workflowRun/stepRequest.ts";
import type { Context } from "../builder/context.ts";
import { batched } from "../page/loaders.ts";

const keyOf = (runId: string | null, position: number | null) => `${runId} ${position}`;

/** The request body of a workflow step. */
export async function loadStepBody(
  context: Context,
  { runId, stepPosition }: DeliveryRow,
): Promise<string> {
  const { caller, hub, read } = context;
  const loader = batched(context, "step body", async (keys) => {
    const steps = keys.map((key) => {
      const [id = "", position] = key.split(" ");
      return { runId: id, position: Number(position) };
    });
    const rows = await read((sql) => stepRequestsOf(sql, caller.projectId, steps));
    return new Map(
      rows.map((row) => {
        const step = { ...row, projectId: caller.projectId };
        return [
          keyOf(row.runId, row.position),
          openStepRequest(hub.hooks.box, step, row.request).body,
        ];
      }),
    );
  });
  const body = await loader.load(keyOf(runId, stepPosition));
  if (body === undefined) throw new Error(`run ${runId} has lost what its step sends`);
  return body;
}
