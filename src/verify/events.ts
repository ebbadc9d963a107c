import { type Check, inScope, isKept, reportRows } from "./check.ts";

/**
 * An event is FAILED when a delivery of it failed. Of a delivery and its retries the last one counts; a run's step
 * deliveries do not count. An event for very many hooks has deliveries before it is DISPATCHED.
 */
const events: Check = {
  name: "event",
  find: (sql, scope) =>
    reportRows(sql, {
      project: sql`e.project_id`,
      id: sql`e.id`,
      says: sql`case
        when e.status not in ('SCHEDULED', 'STAGED', 'DISPATCHED', 'PROCESSED', 'FAILED', 'CANCELLED')
          then format('is %s, which is no state of an event', e.status)
        when (e.status in ('SCHEDULED', 'STAGED', 'CANCELLED')) <> (e.config_version is null)
          then format('is %s and %s', e.status, case when e.config_version is null then 'was never matched' else 'was matched' end)
        when e.status in ('SCHEDULED', 'STAGED', 'CANCELLED') and r.n > 0
          or (e.status = 'CANCELLED' or e.status = 'SCHEDULED' and e.due_at > now()) and d.n > 0
          then format('is %s and has %s deliveries, %s runs', e.status, d.n, r.n)
        when e.status = 'SCHEDULED' and e.due_at is null then 'is SCHEDULED and never due'
        when e.status in ('DISPATCHED', 'PROCESSED', 'FAILED', 'CANCELLED') and e.due_at is not null
          then format('is %s and due again at %s', e.status, e.due_at)
        when e.status = 'DISPATCHED' and d.open + r.open = 0 then 'is DISPATCHED, and nothing of it is open'
        when e.status in ('PROCESSED', 'FAILED') and d.open + r.open > 0
          then format('is %s, and %s deliveries and %s runs are open', e.status, d.open, r.open)
        when e.status = 'PROCESSED' and d.failed + r.failed > 0
          then format('is PROCESSED, and %s deliveries and %s runs failed', d.failed, r.failed)
        when e.status = 'FAILED' and d.failed + r.failed = 0 and e.error is null
          and ${isKept(sql, scope, sql`e.received_at`)} then 'is FAILED, and nothing of it failed'
        end`,
      from: sql`signalbox.events e
        cross join lateral (
          select count(*) as n, count(*) filter (where status in ('PENDING', 'RETRYING', 'PARKED')) as open,
            count(*) filter (where run_id is null and is_last and status in ('FAILED', 'QUARANTINED')) as failed
          from (select status, run_id, replay_number = max(replay_number) over (partition by hook_id) as is_last
            from signalbox.deliveries where project_id = e.project_id and event_id = e.id) all_of_it
        ) d
        cross join lateral (
          select count(*) as n, count(*) filter (where status in ('QUEUED', 'RUNNING')) as open,
            count(*) filter (where status = 'FAILED' and not superseded) as failed
          from signalbox.workflow_runs where project_id = e.project_id and event_id = e.id
        ) r where ${inScope(sql, scope, sql`e.project_id`, sql`e.received_at`)}`,
    }),
};

const runs: Check = {
  name: "run",
  find: (sql, scope) =>
    reportRows(sql, {
      project: sql`r.project_id`,
      id: sql`r.id`,
      says: sql`case
        when r.status not in ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED')
          then format('is %s, which is no state of a run', r.status)
        when (r.status in ('QUEUED', 'RUNNING')) <> (r.stopped_at is null)
          then format('is %s and %s', r.status, coalesce('stopped at ' || r.stopped_at, 'has no end'))
        when s.n > 0 and s.last <> s.n - 1 then format('has %s steps, the last at place %s', s.n, s.last)
        when r.status = 'QUEUED' and s.n > 0 then format('is QUEUED and has begun %s steps', s.n)
        when r.status in ('SUCCEEDED', 'FAILED') and s.running > 0 then format('is %s, and a step is RUNNING', r.status)
        when r.status = 'SUCCEEDED' and s.succeeded < s.n then 'is SUCCEEDED, and a step is not'
        when s.unlike > 0 then format('has %s steps that differ from their deliveries', s.unlike)
        end`,
      // An ended delivery of a RUNNING step is not a difference: a job still has to continue the run.
      from: sql`signalbox.workflow_runs r cross join lateral (
          select count(*) as n, max(s.position) as last, count(*) filter (where s.status = 'RUNNING') as running,
            count(*) filter (where s.status = 'SUCCEEDED') as succeeded,
            count(*) filter (where (s.status = 'SUCCEEDED' and d.status <> 'SUCCEEDED')
              or (s.status = 'FAILED' and d.status in ('PENDING', 'RETRYING', 'PARKED'))) as unlike
          from signalbox.step_runs s
          left join signalbox.deliveries d on d.project_id = s.project_id and d.id = s.delivery_id
          where s.project_id = r.project_id and s.run_id = r.id
        ) s where ${inScope(sql, scope, sql`r.project_id`, sql`r.created_at`)}`,
    }),
};

/** A press is sent at most once. */
const presses: Check = {
  name: "press",
  find: (sql, scope) =>
    reportRows(sql, {
      project: sql`p.project_id`,
      id: sql`p.id`,
      says: sql`case
        when p.status not in ('PENDING', 'SUCCEEDED', 'FAILED', 'UNKNOWN')
          then format('is %s, which is no state of a press', p.status)
        when (p.status = 'PENDING') <> (p.finished_at is null)
          then format('is %s and %s', p.status, coalesce('finished at ' || p.finished_at, 'has no end'))
        when t.n > 1 then format('was sent %s times', t.n)
        when p.status in ('SUCCEEDED', 'UNKNOWN') and t.n = 0 then format('is %s, and was never sent', p.status)
        when p.status = 'PENDING' and p.lease_until < now() - interval '1 minute'
          then format('has a lease that expired at %s and was not ended (is a worker running?)', p.lease_until)
        end`,
      from: sql`signalbox.presses p cross join lateral (
          select count(*) as n from signalbox.attempts a where a.project_id = p.project_id and a.delivery_id = p.id
        ) t where ${inScope(sql, scope, sql`p.project_id`, sql`p.pressed_at`)}`,
    }),
};

/** The checks of events, and of their runs and presses. */
export const eventChecks: Check[] = [events, runs, presses];
