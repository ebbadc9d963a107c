import type { Sql, Tx } from "../connection/client.ts";
import { enterFeed, publish } from "../feed/record.ts";
import { addJobs } from "../queue/jobs.ts";
import { advanceJobs, insertRuns, recordRuns } from "../workflow/workflowRuns.ts";
import { type Accepting, accept, eventItem } from "./accept.ts";
import { keepResources } from "./eventResources.ts";
import { type EventRow, eventColumns } from "./events.ts";
import type { Consequences, NewEvent } from "./newEvent.ts";

/** The outcome of a staged event. */
export type DispatchedEvent = Omit<EventRow, "status" | "configVersion"> & {
  status: "DISPATCHED" | "PROCESSED" | "FAILED";
  configVersion: number;
  /** It was accepted for a later time, which has come. */
  wasScheduled?: boolean;
};

const isToMatch = (sql: Sql, projectId: string, ids: string[]) => sql`
  e.project_id = ${projectId} and e.id = any(${ids}::uuid[])
    and (e.status = 'STAGED' or (e.status = 'SCHEDULED' and e.due_at <= now()))`;

/** An event's place among those whose deliveries have an order; null if it has none. */
const placeOf = (sql: Sql, projectId: string) => sql`(select g.place from signalbox.order_gates g
    where g.project_id = ${projectId} and g.event_id = e.id)`;

/** Those of the events that are still to be matched, in their places. */
export const stagedEvents = (sql: Sql, projectId: string, ids: string[]) => sql<EventRow[]>`
  select ${eventColumns(sql)} from signalbox.events e where ${isToMatch(sql, projectId, ids)}
  order by ${placeOf(sql, projectId)}, e.id`;

/** Locks those that are still to be matched, skipping events locked by another process. */
export const lockStagedEvents = (tx: Tx, projectId: string, ids: string[]) =>
  tx<{ id: string; wasScheduled: boolean; place: string | null }[]>`
  select e.id, e.status = 'SCHEDULED' as "wasScheduled", ${placeOf(tx, projectId)} as place from signalbox.events e where ${isToMatch(tx, projectId, ids)}
  order by e.id for update of e skip locked`;

/** The hooks that already have deliveries of staged events, from an earlier incomplete try. */
export const deliveredHooks = (tx: Tx, projectId: string, eventIds: string[]) =>
  tx<{ eventId: string; hookId: string }[]>`
    select event_id as "eventId", hook_id as "hookId" from signalbox.deliveries
    where project_id = ${projectId} and event_id = any(${eventIds}::uuid[]) and run_id is null`;

/** The status of events whose deliveries have all ended already. */
export async function endedEvents(
  tx: Tx,
  projectId: string,
  eventIds: string[],
): Promise<Map<string, "PROCESSED" | "FAILED">> {
  if (eventIds.length === 0) return new Map();
  const rows = await tx<{ eventId: string; isFailed: boolean }[]>`
    select event_id as "eventId", bool_or(status in ('FAILED', 'QUARANTINED')) as "isFailed"
    from signalbox.deliveries
    where project_id = ${projectId} and event_id = any(${eventIds}::uuid[])
    group by event_id having not bool_or(status in ('PENDING', 'RETRYING', 'PARKED'))`;
  return new Map(rows.map(({ eventId, isFailed }) => [eventId, isFailed ? "FAILED" : "PROCESSED"]));
}

const updateEvents = (tx: Tx, projectId: string, events: DispatchedEvent[]) => tx`
  update signalbox.events e set status = x.status, config_version = x.config_version,
    type_version = x.type_version, error = x.error, due_at = null
  from unnest(${events.map((e) => e.id)}::uuid[],
    ${events.map((e) => e.status)}::text[], ${events.map((e) => e.configVersion)}::bigint[],
    ${events.map((e) => e.typeVersion)}::int[], ${events.map((e) => e.error)}::text[])
    as x(id, status, config_version, type_version, error)
  where e.project_id = ${projectId} and e.id = x.id`;

/**
 * Stores the outcome of staged events with their deliveries, runs and feed items. An event from signalbox.emit() gets
 * its first feed item here: the caller's transaction could not lock the head. `systemEvents`: the system events about
 * them. Returns the time of the write.
 */
export async function writeDispatched(
  tx: Tx,
  projectId: string,
  version: number,
  events: DispatchedEvent[],
  { deliveries, runs }: Consequences,
  systemEvents: NewEvent[],
  { handOver, matched }: Pick<Accepting, "handOver" | "matched">,
): Promise<Date> {
  const born = events.filter(({ origin }) => origin === "SQL");
  const advances = advanceJobs(runs.map(({ id }) => ({ projectId, runId: id })));
  // All statements are sent at once, these first: the head is locked for one round trip.
  const before = Promise.all([
    ...(events.length > 0 ? [updateEvents(tx, projectId, events)] : []),
    ...(runs.length > 0 ? [insertRuns(tx, runs), addJobs(tx, advances)] : []),
    ...keepResources(tx, deliveries),
    enterFeed(tx, projectId, version),
    publish(
      tx,
      projectId,
      events.map((event) => eventItem(event, event.origin === "SQL")),
    ),
  ]);
  const accepted = accept(tx, {
    ...{ projectId, version, events: systemEvents, deliveries, born: born.length },
    ...(handOver && { handOver }),
    ...(matched && { matched }),
  });
  const [at] = await Promise.all([accepted, before]);
  if (runs.length > 0) await recordRuns(tx, projectId, runs, true);
  return at;
}
