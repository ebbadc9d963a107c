import { among } from "./among.ts";
import type { Tx } from "./client.ts";

/** What a feed row says of an event: its state, and what subscriptions choose by. */
export const eventState = (tx: Tx) =>
  tx`json_build_object('status', status, 'type', type, 'contextId', context_id, 'origin', origin)`;

/** The same of an event that was scheduled: a later schedule must not show in earlier states. */
export const scheduledState = (tx: Tx) =>
  tx`json_build_object('status', status, 'type', type, 'contextId', context_id, 'origin', origin,
    'scheduledFor', scheduled_for)`;

/** A delivery whose state has moved, as the statement that moved it returns it. */
export type MovedDelivery = {
  projectId: string;
  id: string;
  eventId: string;
  hookId: string;
  /** Null unless it is a step of a workflow's run. */
  runId: string | null;
  status: string;
};

/** The `returning` list of a statement that moves deliveries named `d`. */
export const movedColumns = (tx: Tx) =>
  tx`d.project_id as "projectId", d.id, d.event_id as "eventId", d.hook_id as "hookId", d.run_id as "runId",
    d.status`;

/** The runs of workflows whose steps these deliveries were. */
export const runsOf = (
  moved: Pick<MovedDelivery, "projectId" | "runId">[],
): { projectId: string; runId: string }[] =>
  moved.flatMap(({ projectId, runId }) => (runId === null ? [] : [{ projectId, runId }]));

/**
 * Feed rows for deliveries that have moved: their state is read here, under the feed lock and in the same
 * transaction that moved them.
 */
export const recordMoves = (
  tx: Tx,
  moved: Pick<MovedDelivery, "projectId" | "id" | "eventId">[],
  created = false,
) => tx`
  insert into signalbox.changes (project_id, kind, entity_id, event_id, hook_id, created, state)
  select d.project_id, 'DELIVERY', d.id, d.event_id, d.hook_id, ${created}::boolean, json_build_object('status', d.status,
    'attemptCount', d.attempt_count, 'maxAttempts', d.max_attempts, 'nextAttemptAt', d.due_at,
    'completedAt', d.completed_at, 'lastError', d.last_error)
  from unnest(${moved.map((m) => m.projectId)}::uuid[], ${moved.map((m) => m.id)}::uuid[])
    as x(project_id, id)
  join signalbox.deliveries d on d.project_id = x.project_id and d.id = x.id and ${among(
    tx,
    tx`d.event_id`,
    moved.map((m) => m.eventId),
  )}`;

/**
 * Adds to the hooks' counters of deliveries that ended well and badly, and ends the events of which every delivery and
 * every run is over; of those that were tried again the last one counts, and of a workflow its run, not its steps. Under the feed lock, which makes two batches that each
 * end one of an event's last deliveries see each other, so that no counter is needed that could drift.
 */
export const completeEvents = (tx: Tx, ended: Omit<MovedDelivery, "id" | "runId">[]) => {
  const eventIds = ended.map((e) => e.eventId);
  return tx`
  with delivery as (
    select * from unnest(${ended.map((e) => e.projectId)}::uuid[], ${eventIds}::uuid[],
      ${ended.map((e) => e.hookId)}::uuid[], ${ended.map((e) => e.status)}::text[])
      as x(project_id, event_id, hook_id, status)
  ), counted as (
    update signalbox.hook_stats s set succeeded_count = s.succeeded_count + x.succeeded,
      failed_count = s.failed_count + x.failed
    from (select project_id, hook_id, count(*) filter (where status = 'SUCCEEDED') as succeeded,
        count(*) filter (where status = 'FAILED') as failed
      from delivery where status in ('SUCCEEDED', 'FAILED') group by 1, 2) x
    where s.project_id = x.project_id and s.hook_id = x.hook_id
  ), completed as (
    update signalbox.events e set status = case when x.run_failed or exists (
        select from signalbox.deliveries d where d.project_id = e.project_id and d.event_id = e.id
          and ${among(tx, tx`d.event_id`, eventIds)} and d.run_id is null and d.status in ('FAILED', 'QUARANTINED') and d.replay_number = (
            select max(n.replay_number) from signalbox.deliveries n where n.project_id = d.project_id
              and n.event_id = d.event_id and ${among(tx, tx`n.event_id`, eventIds)}
              and n.hook_id = d.hook_id)) then 'FAILED' else 'PROCESSED' end
    from (
      select o.*, coalesce(runs.open, false) as run_open, coalesce(runs.failed, false) as run_failed
      from (select distinct project_id, event_id from delivery) o cross join lateral (
        select bool_or(r.status in ('QUEUED', 'RUNNING')) as open,
          bool_or(r.status = 'FAILED' and not r.superseded) as failed
        from signalbox.workflow_runs r where r.project_id = o.project_id and r.event_id = o.event_id) runs
    ) x
    where e.project_id = x.project_id and e.id = x.event_id and ${among(tx, tx`e.id`, eventIds)}
      and e.status = 'DISPATCHED' and not x.run_open
      and not exists (
      select from signalbox.deliveries d where d.project_id = e.project_id and d.event_id = e.id
        and ${among(tx, tx`d.event_id`, eventIds)} and d.status in ('PENDING', 'RETRYING', 'PARKED'))
    returning e.project_id, e.id, e.status, e.type, e.context_id, e.origin
  )
  insert into signalbox.changes (project_id, kind, entity_id, event_id, created, state)
  select project_id, 'EVENT', id, id, false, ${eventState(tx)} from completed`;
};
