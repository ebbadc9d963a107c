import { insertActions, type NewAction, recordActionsOf } from "./actions.ts";
import { type PlannedVersions, writeToFeed } from "./changes.ts";
import type { Pool, Tx } from "./client.ts";
import { eventState, scheduledState } from "./deliveryChanges.ts";
import { keepResources } from "./eventResources.ts";
import type { EventRow } from "./events.ts";
import { countAccepted } from "./health.ts";
import type { HookFormat } from "./hooks.ts";
import { addJobs, type JobSpec, type Lane } from "./jobs.ts";
import type { Fragment } from "./page.ts";
import { insertRuns, type NewRun, recordRuns } from "./workflowRuns.ts";

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

const column = <Row, Key extends keyof Row>(rows: Row[], key: Key): Row[Key][] =>
  rows.map((row) => row[key]);

/** A column of times as text: postgres.js takes no list of Dates. */
const timeColumn = <Key extends string>(rows: { [key in Key]: Date | null }[], key: Key) =>
  rows.map((row) => row[key]?.toISOString() ?? null);

/** Inserts events; gives back the times the database gave them, in the same order. */
export const insertEvents = (tx: Tx, events: NewEvent[]) => tx<
  { id: string; occurredAt: Date; receivedAt: Date }[]
>`
  insert into signalbox.events (project_id, id, type, type_version, data, name, avatar, category,
    content_type, content, user_id, subject_type, subject_id, context_id, step_uuid, idempotency_key,
    origin, cause_id, status, config_version, occurred_at, scheduled_for, due_at)
  select project_id, id, type, type_version, data::json, name, avatar, category, content_type, content::json,
    user_id, subject_type, subject_id, context_id, step_uuid, idempotency_key, origin, cause_id, status,
    config_version, coalesce(occurred_at, now()), scheduled_for,
    case when config_version is null then scheduled_for end
  from unnest(${column(events, "projectId")}::uuid[], ${column(events, "id")}::uuid[],
    ${column(events, "type")}::text[], ${column(events, "typeVersion")}::int[],
    ${column(events, "data")}::text[], ${column(events, "name")}::text[],
    ${column(events, "avatar")}::text[], ${column(events, "category")}::text[],
    ${column(events, "contentType")}::text[], ${column(events, "content")}::text[],
    ${column(events, "userId")}::text[], ${column(events, "subjectType")}::text[],
    ${column(events, "subjectId")}::text[], ${column(events, "contextId")}::text[],
    ${column(events, "stepUuid")}::text[], ${column(events, "idempotencyKey")}::text[],
    ${column(events, "origin")}::text[], ${column(events, "causeId")}::uuid[],
    ${column(events, "status")}::text[], ${column(events, "configVersion")}::bigint[],
    ${timeColumn(events, "occurredAt")}::timestamptz[],
    ${timeColumn(events, "scheduledFor")}::timestamptz[])
    as x(project_id, id, type, type_version, data, name, avatar, category, content_type, content, user_id,
      subject_type, subject_id, context_id, step_uuid, idempotency_key, origin, cause_id, status,
      config_version, occurred_at, scheduled_for)
  returning id, occurred_at as "occurredAt", received_at as "receivedAt"`;

/** Inserts deliveries; one per event and hook, however often it is tried. */
export const insertDeliveries = (tx: Tx, deliveries: NewDelivery[]) => tx`
  insert into signalbox.deliveries (project_id, id, event_id, hook_id, format, status, max_attempts, due_at)
  select project_id, id, event_id, hook_id, format, status, max_attempts, case status when 'PENDING' then now() end
  from unnest(${column(deliveries, "projectId")}::uuid[], ${column(deliveries, "id")}::uuid[],
    ${column(deliveries, "eventId")}::uuid[], ${column(deliveries, "hookId")}::uuid[],
    ${column(deliveries, "format")}::text[],
    ${column(deliveries, "status")}::text[], ${column(deliveries, "maxAttempts")}::smallint[])
    as x(project_id, id, event_id, hook_id, format, status, max_attempts)
  on conflict do nothing`;

/** Feed rows for events as they are being written; `created` for their first, which are counted. Under the feed lock. */
export const recordEvents = (
  tx: Tx,
  events: Pick<
    NewEvent,
    "projectId" | "id" | "status" | "type" | "contextId" | "origin" | "scheduledFor"
  >[],
  created: boolean,
) => tx`
  with event as (
  select * from unnest(${column(events, "projectId")}::uuid[], ${column(events, "id")}::uuid[],
    ${column(events, "status")}::text[], ${column(events, "type")}::text[],
    ${column(events, "contextId")}::text[], ${column(events, "origin")}::text[],
    ${timeColumn(events, "scheduledFor")}::timestamptz[])
    as x(project_id, id, status, type, context_id, origin, scheduled_for)
  ), counted as (${created ? countAccepted(tx) : tx`select`})
  insert into signalbox.changes (project_id, kind, entity_id, event_id, created, state)
  select project_id, 'EVENT', id, id, ${created}::boolean, case when scheduled_for is null
    then ${eventState(tx)} else ${scheduledState(tx)} end
  from event`;

/** The first change of each of these deliveries, and the counters of their hooks. Under the feed lock. */
export const recordNewDeliveries = (tx: Tx, deliveries: NewDelivery[]) => tx`
  with delivery as (
    select * from unnest(${column(deliveries, "projectId")}::uuid[], ${column(deliveries, "id")}::uuid[],
      ${column(deliveries, "eventId")}::uuid[], ${column(deliveries, "hookId")}::uuid[],
      ${column(deliveries, "status")}::text[]) as x(project_id, id, event_id, hook_id, status)
  ), counted as (
    update signalbox.hook_stats s set triggered_count = s.triggered_count + x.n, last_triggered_at = now()
    from (select project_id, hook_id, count(*) as n from delivery group by 1, 2) x
    where s.project_id = x.project_id and s.hook_id = x.hook_id
  )
  insert into signalbox.changes (project_id, kind, entity_id, event_id, hook_id, created, state)
  select project_id, 'DELIVERY', id, event_id, hook_id, true, json_build_object('status', status,
    'attemptCount', 0, 'nextAttemptAt', case status when 'PENDING' then now() end)
  from delivery`;

/**
 * Writes events with their actions, deliveries, runs, wake-ups and feed rows in the caller's transaction. Statements are
 * sent without waiting for each other; the feed lock is taken last. `planned`: the config versions it was planned under;
 * `first`: feed rows of what the events tell of.
 */
export async function writeEvents(
  tx: Tx,
  events: NewEvent[],
  { deliveries, runs }: Consequences,
  jobs: JobSpec[],
  planned: PlannedVersions,
  { actions = [], first = [] }: { actions?: NewAction[]; first?: Fragment[] } = {},
): Promise<EventRow[]> {
  const inserted = insertEvents(tx, events);
  await writeToFeed(
    tx,
    [
      inserted,
      ...(actions.length > 0 ? [insertActions(tx, actions)] : []),
      ...(deliveries.length > 0 ? [insertDeliveries(tx, deliveries)] : []),
      ...(runs.length > 0 ? [insertRuns(tx, runs)] : []),
      ...keepResources(tx, deliveries),
      ...(jobs.length > 0 ? [addJobs(tx, jobs)] : []),
    ],
    [
      ...first,
      recordEvents(tx, events, true),
      ...(actions.length > 0 ? [recordActionsOf(tx, events, true)] : []),
      ...(deliveries.length > 0 ? [recordNewDeliveries(tx, deliveries)] : []),
      ...(runs.length > 0 ? [recordRuns(tx, runs, true)] : []),
    ],
    planned,
  );
  const times = await inserted;
  const timesOf = new Map(times.map((row) => [row.id, row]));
  return events.map((event) => {
    const row = timesOf.get(event.id);
    if (!row) throw new Error(`event ${event.id} was not inserted`);
    return { ...event, ...row, error: null };
  });
}

/** Runs `write` in one transaction: everything or nothing, and durable once it returns. */
export const inTransaction = <Result>(
  sql: Pool,
  write: (tx: Tx) => Promise<Result>,
): Promise<Result> => sql.begin(write) as Promise<Result>;
