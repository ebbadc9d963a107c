import type { Tx } from "./client.ts";

/** What a feed row says of an event: its state, and what subscriptions choose by. */
export const eventState = (tx: Tx) =>
  tx`json_build_object('status', status, 'type', type, 'contextId', context_id)`;

/** A delivery whose state has moved, as the statement that moved it returns it. */
export type MovedDelivery = {
  projectId: string;
  id: string;
  eventId: string;
  hookId: string;
  status: string;
};

/** The `returning` list of a statement that moves deliveries named `d`. */
export const movedColumns = (tx: Tx) =>
  tx`d.project_id as "projectId", d.id, d.event_id as "eventId", d.hook_id as "hookId", d.status`;

/**
 * Feed rows for deliveries that have moved: their state is read here, under the feed lock and in the same
 * transaction that moved them.
 */
export const recordMoves = (
  tx: Tx,
  moved: { projectId: string; id: string }[],
  created = false,
) => tx`
  insert into signalbox.changes (project_id, kind, entity_id, event_id, hook_id, created, state)
  select d.project_id, 'DELIVERY', d.id, d.event_id, d.hook_id, ${created}::boolean, json_build_object('status', d.status,
    'attemptCount', d.attempt_count, 'maxAttempts', d.max_attempts, 'nextAttemptAt', d.due_at,
    'completedAt', d.completed_at, 'lastError', d.last_error)
  from unnest(${moved.map((m) => m.projectId)}::uuid[], ${moved.map((m) => m.id)}::uuid[])
    as x(project_id, id)
  join signalbox.deliveries d on d.project_id = x.project_id and d.id = x.id`;

/**
 * Ends the events of which every delivery is over; of one that was tried again the last counts. Under the feed lock,
 * which makes two batches that each end one of an event's last deliveries see each other, so that no counter is
 * needed that could drift.
 */
export const completeEvents = (tx: Tx, moved: { projectId: string; eventId: string }[]) => tx`
  with ended as (
    update signalbox.events e set status = case when exists (
        select from signalbox.deliveries d where d.project_id = e.project_id and d.event_id = e.id
          and d.status in ('FAILED', 'QUARANTINED') and d.replay_number = (
            select max(n.replay_number) from signalbox.deliveries n where n.project_id = d.project_id
              and n.event_id = d.event_id and n.hook_id = d.hook_id)) then 'FAILED' else 'PROCESSED' end
    from (select distinct project_id, id
      from unnest(${moved.map((m) => m.projectId)}::uuid[], ${moved.map((m) => m.eventId)}::uuid[])
        as m(project_id, id)) x
    where e.project_id = x.project_id and e.id = x.id and e.status = 'DISPATCHED' and not exists (
      select from signalbox.deliveries d where d.project_id = e.project_id and d.event_id = e.id
        and d.status in ('PENDING', 'RETRYING', 'PARKED'))
    returning e.project_id, e.id, e.status, e.type, e.context_id
  )
  insert into signalbox.changes (project_id, kind, entity_id, event_id, created, state)
  select project_id, 'EVENT', id, id, false, ${eventState(tx)} from ended`;

/** Adds to the hooks' counters of deliveries that ended well and badly. Under the feed lock. */
export const countEnded = (tx: Tx, moved: MovedDelivery[]) => {
  const ended = moved.filter(({ status }) => status === "SUCCEEDED" || status === "FAILED");
  return tx`
    update signalbox.hook_stats s set succeeded_count = s.succeeded_count + x.succeeded,
      failed_count = s.failed_count + x.failed
    from (select project_id, hook_id, count(*) filter (where status = 'SUCCEEDED') as succeeded,
        count(*) filter (where status = 'FAILED') as failed
      from unnest(${ended.map((m) => m.projectId)}::uuid[], ${ended.map((m) => m.hookId)}::uuid[],
        ${ended.map((m) => m.status)}::text[]) as d(project_id, hook_id, status) group by 1, 2) x
    where s.project_id = x.project_id and s.hook_id = x.hook_id`;
};
