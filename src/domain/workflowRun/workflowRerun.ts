import type { Pool } from "../../db/connection/client.ts";
import { recordReopened } from "../../db/delivery/retries.ts";
import { eventHeadsById } from "../../db/event/events.ts";
import { writeToFeed } from "../../db/feed/record.ts";
import { addJobs } from "../../db/queue/jobs.ts";
import { installationOf } from "../../db/workflow/installations.ts";
import {
  advanceJobs,
  insertRerun,
  openRunLike,
  type RunRow,
  recordRuns,
  runsById,
} from "../../db/workflow/workflowRuns.ts";
import { lockedWorkflow } from "../../db/workflow/workflows.ts";
import { isId, newId } from "../../util/ids.ts";
import { userError } from "../../util/userError.ts";
import { audit } from "../audit/audit.ts";

/**
 * Runs a workflow again for the event of a run that has ended: from the first step, with the steps of that run's
 * version and the user's current variables. The new run replaces the old one. Throws NOT_FOUND, or NOT_ALLOWED_NOW when
 * a run of the event is under way, the event was erased, the workflow is not released, or it is not installed for the user.
 */
export async function rerunWorkflow(sql: Pool, projectId: string, id: string): Promise<RunRow> {
  const none = userError("NOT_FOUND", `no run ${id}`, ["runId"]);
  if (!isId(id)) throw none;
  return sql.begin(async (tx) => {
    const rejection = (why: string) => userError("NOT_ALLOWED_NOW", why, ["runId"]);
    const [run] = await runsById(tx, projectId, [id]);
    if (!run) throw none;
    const { workflowId, eventId, userId } = run;
    // Its lock serializes reruns of one event.
    const workflow = await lockedWorkflow(tx, projectId, workflowId);
    const open = await openRunLike(tx, run);
    if (open)
      throw rejection(`run ${open.id} of the same event is ${open.status}: wait for its end`);
    const [event] = await eventHeadsById(tx, projectId, [eventId]);
    if (event?.expungedAt)
      throw rejection(`the content of event ${eventId} was erased: there is nothing to run`);
    if (workflow?.status !== "RELEASED")
      throw rejection(`workflow ${workflowId} is ${workflow?.status}: release it first`);
    const installation = await installationOf(tx, projectId, workflowId, userId);
    if (!installation?.active)
      throw rejection(`workflow ${workflowId} is not installed for user '${userId}' any more`);
    const rerun = { projectId, id: newId() };
    await audit(tx, {
      projectId,
      action: "rerunWorkflow",
      entity: ["WorkflowRun", rerun.id],
      after: { workflow: workflowId, insteadOf: run.id },
    });
    const found = runsById(tx, projectId, [rerun.id]);
    await writeToFeed(
      tx,
      projectId,
      [insertRerun(tx, run, rerun.id), addJobs(tx, advanceJobs([{ projectId, runId: rerun.id }]))],
      [recordReopened(tx, projectId, [eventId]), recordRuns(tx, projectId, [rerun], true), found],
    );
    const [row] = await found;
    if (!row) throw new Error(`run ${rerun.id} is gone`);
    return row;
  });
}
