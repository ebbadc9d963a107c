import { writeToFeed } from "./changes.ts";
import type { Tx } from "./client.ts";
import {
  type Consequences,
  insertDeliveries,
  insertEvents,
  type NewEvent,
  recordEvents,
  recordNewDeliveries,
} from "./emits.ts";
import { keepResources } from "./eventResources.ts";
import { type EventRow, eventColumns } from "./events.ts";
import { addJobs } from "./jobs.ts";
import { advanceJobs, insertRuns, recordRuns } from "./workflowRuns.ts";

/** What a staged event became. */
export type DispatchedEvent = Pick<
  EventRow,
  "projectId" | "id" | "type" | "contextId" | "scheduledFor" | "origin" | "typeVersion" | "error"
> & {
  status: "DISPATCHED" | "PROCESSED" | "FAILED";
  configVersion: number;
};

/** Locks those of the events that are to be matched now; what another process works on is left to it. */
export const lockStagedEvents = (tx: Tx, projectId: string, ids: string[]) => tx<EventRow[]>`
  select ${eventColumns(tx)} from signalbox.events e
  where e.project_id = ${projectId} and e.id = any(${ids}::uuid[]) 
    and (e.status = 'STAGED' or (e.status = 'SCHEDULED' and e.due_at <= now()))
  order by e.id for update skip locked`;

const updateEvents = (tx: Tx, events: DispatchedEvent[]) => tx`
  update signalbox.events e set status = x.status, config_version = x.config_version,
    type_version = x.type_version, error = x.error, due_at = null
  from unnest(${events.map((e) => e.projectId)}::uuid[], ${events.map((e) => e.id)}::uuid[],
    ${events.map((e) => e.status)}::text[], ${events.map((e) => e.configVersion)}::bigint[],
    ${events.map((e) => e.typeVersion)}::int[], ${events.map((e) => e.error)}::text[])
    as x(project_id, id, status, config_version, type_version, error)
  where e.project_id = x.project_id and e.id = x.id`;

/**
 * Writes what staged events became, with their deliveries, runs and feed rows. An event of the SQL door has
 * its first feed row here: its own transaction could not hold the feed lock. `said`: the events that the hub tells of them.
 */
export async function writeDispatched(
  tx: Tx,
  events: DispatchedEvent[],
  { deliveries, runs }: Consequences,
  said: NewEvent[],
) {
  const born = events.filter(({ origin }) => origin === "SQL");
  const known = events.filter(({ origin }) => origin !== "SQL");
  const planned = new Map(events.map((event) => [event.projectId, event.configVersion]));
  const advances = advanceJobs(runs.map(({ projectId, id }) => ({ projectId, runId: id })));
  await writeToFeed(
    tx,
    [
      updateEvents(tx, events),
      ...(said.length > 0 ? [insertEvents(tx, said)] : []),
      ...(deliveries.length > 0 ? [insertDeliveries(tx, deliveries)] : []),
      ...(runs.length > 0 ? [insertRuns(tx, runs), addJobs(tx, advances)] : []),
      ...keepResources(tx, deliveries),
    ],
    [
      ...(born.length > 0 ? [recordEvents(tx, born, true)] : []),
      ...(known.length > 0 ? [recordEvents(tx, known, false)] : []),
      ...(said.length > 0 ? [recordEvents(tx, said, true)] : []),
      ...(deliveries.length > 0 ? [recordNewDeliveries(tx, deliveries)] : []),
      ...(runs.length > 0 ? [recordRuns(tx, runs, true)] : []),
    ],
    planned,
  );
}
