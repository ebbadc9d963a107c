import { insertActions, type NewAction, recordActionsOf } from "../action/actions.ts";
import { insertAuditEntries, type NewAuditRow } from "../audit/auditEntries.ts";
import type { Tx } from "../connection/client.ts";
import type { Fragment } from "../page/page.ts";
import { addJobs, type JobSpec } from "../queue/jobs.ts";
import { insertRuns, type NewRun, recordRuns } from "../workflow/workflowRuns.ts";
import { type Accepting, accept } from "./accept.ts";
import { keepResources } from "./eventResources.ts";

/** What is stored with events besides their deliveries. `first`: feed items of changes that the events report. */
type Beside = {
  runs?: NewRun[];
  actions?: NewAction[];
  jobs?: JobSpec[];
  audited?: NewAuditRow[];
  first?: Fragment[];
};

/** Whether `accept` alone stores everything, in one statement. */
export const isPlain = (
  { deliveries }: Accepting,
  { runs, actions, jobs, audited, first }: Beside,
): boolean =>
  !runs?.length &&
  !actions?.length &&
  !jobs?.length &&
  !audited?.length &&
  !first?.length &&
  deliveries.every(({ resource }) => resource === undefined);

/**
 * Stores events with all their dependents in the caller's transaction. Returns the time of acceptance. Fails as
 * `accept` does.
 */
export async function writeEvents(
  tx: Tx,
  accepting: Accepting,
  { runs = [], actions = [], jobs = [], audited = [], first = [] }: Beside,
): Promise<Date> {
  const { projectId, events, deliveries } = accepting;
  await Promise.all([
    ...(actions.length > 0 ? [insertActions(tx, actions)] : []),
    ...(runs.length > 0 ? [insertRuns(tx, runs)] : []),
    ...keepResources(tx, deliveries),
    ...(jobs.length > 0 ? [addJobs(tx, jobs)] : []),
    ...(audited.length > 0 ? [insertAuditEntries(tx, audited)] : []),
    ...first,
  ]);
  const at = await accept(tx, accepting);
  await Promise.all([
    ...(actions.length > 0 ? [recordActionsOf(tx, projectId, events, true)] : []),
    ...(runs.length > 0 ? [recordRuns(tx, projectId, runs, true)] : []),
  ]);
  return at;
}
