import { insertActions, type NewAction, recordActionsOf } from "../action/actions.ts";
import type { Pool, Tx } from "../connection/client.ts";
import type { HookFormat } from "../hook/hooks.ts";
import type { Fragment } from "../page/page.ts";
import { addJobs, type JobSpec, type Lane } from "../queue/jobs.ts";
import { insertRuns, type NewRun, recordRuns } from "../workflow/workflowRuns.ts";
import { type Accepting, accept } from "./accept.ts";
import { keepResources } from "./eventResources.ts";
import type { EventRow } from "./events.ts";

/** An event about to be written; its times are the database's unless the caller gave `occurredAt`. */
export type NewEvent = Omit<EventRow, "occurredAt" | "receivedAt" | "error"> & {
  occurredAt: Date | null;
};

export type NewDelivery = {
  projectId: string;
  id: string;
  eventId: string;
  hookId: string;
  format: HookFormat;
  status: "PENDING" | "PARKED";
  maxAttempts: number;
  /** What one of format RESOURCE sends: the resource as it is now, as JSON text. */
  resource?: string;
};

/** What events that are being matched call for. */
export type Consequences = { deliveries: NewDelivery[]; runs: NewRun[] };

/** The lanes that have something to send. */
export function lanesOf(deliveries: NewDelivery[]): Lane[] {
  const lanes = new Map<string, Lane>();
  for (const { status, projectId, hookId } of deliveries) {
    if (status === "PENDING") lanes.set(hookId, { projectId, hookId });
  }
  return [...lanes.values()];
}

/** A stored event, as it was written. */
export const storedEvent = (event: NewEvent, receivedAt: Date): EventRow => ({
  ...event,
  occurredAt: event.occurredAt ?? receivedAt,
  receivedAt,
  error: null,
});

/** What is written with events beside their deliveries. `first`: feed items of what the events tell of. */
export type Beside = {
  runs?: NewRun[];
  actions?: NewAction[];
  jobs?: JobSpec[];
  first?: Fragment[];
};

/** Whether `accept` alone writes it all, in one statement. */
export const isPlain = (
  { deliveries }: Accepting,
  { runs, actions, jobs, first }: Beside,
): boolean =>
  !runs?.length &&
  !actions?.length &&
  !jobs?.length &&
  !first?.length &&
  deliveries.every(({ resource }) => resource === undefined);

/**
 * Writes events with all that belongs to them in the caller's transaction. Gives back the time of acceptance. Refused as
 * `accept` is.
 */
export async function writeEvents(
  tx: Tx,
  accepting: Accepting,
  { runs = [], actions = [], jobs = [], first = [] }: Beside,
): Promise<Date> {
  const { projectId, events, deliveries } = accepting;
  await Promise.all([
    ...(actions.length > 0 ? [insertActions(tx, actions)] : []),
    ...(runs.length > 0 ? [insertRuns(tx, runs)] : []),
    ...keepResources(tx, deliveries),
    ...(jobs.length > 0 ? [addJobs(tx, jobs)] : []),
    ...first,
  ]);
  const at = await accept(tx, accepting);
  await Promise.all([
    ...(actions.length > 0 ? [recordActionsOf(tx, projectId, events, true)] : []),
    ...(runs.length > 0 ? [recordRuns(tx, projectId, runs, true)] : []),
  ]);
  return at;
}

/** Runs `write` in one transaction: everything or nothing, and durable once it returns. */
export const inTransaction = <Result>(
  sql: Pool,
  write: (tx: Tx) => Promise<Result>,
): Promise<Result> => sql.begin(write) as Promise<Result>;
