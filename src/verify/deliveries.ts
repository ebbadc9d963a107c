import { claimLimits } from "../domain/delivery/claimLimits.ts";
import { type Check, inScope, isKept, reportRows } from "./check.ts";
import { orderChecks } from "./order.ts";

/** The upper bound of a lease: that of the longest timeout, and some slack. */
const LONGEST_LEASE_MS = claimLimits.maxTimeoutMs * 2 + claimLimits.leaseMarginMs + 5_000;
/** An expired lease is reclaimed within seconds while any worker runs. */
const RECLAIM_WITHIN = "1 minute";

const state: Check = {
  name: "delivery",
  find: (sql, scope) =>
    reportRows(sql, {
      project: sql`d.project_id`,
      id: sql`d.id`,
      says: sql`case
        when d.status not in ('PENDING', 'RETRYING', 'PARKED', 'SUCCEEDED', 'FAILED', 'GONE', 'CANCELLED', 'QUARANTINED')
          then format('is %s, which is no state of a delivery', d.status)
        when (d.status in ('PENDING', 'RETRYING')) <> (d.due_at is not null)
          and (d.status = 'PARKED' or d.completed_at is not null or d.order_seq is null)
          then format('is %s and %s', d.status, coalesce('due at ' || d.due_at, 'never due'))
        when (d.status in ('PENDING', 'RETRYING', 'PARKED')) <> (d.completed_at is null)
          then format('is %s and %s', d.status, coalesce('ended at ' || d.completed_at, 'has no end'))
        when d.attempt_count > d.max_attempts
          then format('counts %s attempts of %s', d.attempt_count, d.max_attempts)
        when (d.replay_of is null) <> (d.replay_number = 0)
          then format('is replay %s of %s', d.replay_number, coalesce(d.replay_of::text, 'none'))
        end`,
      from: sql`signalbox.deliveries d where ${inScope(sql, scope, sql`d.project_id`, sql`d.created_at`)}`,
    }),
};

const lease: Check = {
  name: "lease",
  find: (sql, scope) =>
    reportRows(sql, {
      project: sql`d.project_id`,
      id: sql`d.id`,
      says: sql`case
        when num_nulls(d.lease_worker, d.lease_token, d.lease_until) not in (0, 3) then 'has half a lease'
        when d.lease_token is not null and d.status not in ('PENDING', 'RETRYING')
          then format('is %s and still leased', d.status)
        when d.lease_until < now() - ${RECLAIM_WITHIN}::interval
          then format('has a lease that expired at %s and was not reclaimed (is a worker running?)', d.lease_until)
        when d.lease_until > now() + ${LONGEST_LEASE_MS} * interval '1 millisecond'
          then format('is leased until %s, longer than any lease may last', d.lease_until)
        end`,
      from: sql`signalbox.deliveries d where ${inScope(sql, scope, sql`d.project_id`, sql`d.created_at`)}`,
    }),
};

/** An attempt in flight is already counted, but recorded only when it has ended. */
const attempts: Check = {
  name: "attempts",
  find: (sql, scope) =>
    reportRows(sql, {
      project: sql`d.project_id`,
      id: sql`d.id`,
      says: sql`case
        when t.n <> d.attempt_count - (d.lease_token is not null)::int or t.highest <> t.n or t.lowest <> 1
          then format('counts %s attempts%s and has %s', d.attempt_count,
            case when d.lease_token is not null then ', one in flight,' else '' end,
            coalesce((select string_agg('#' || number, ' ' order by number) from signalbox.attempts a
              where a.project_id = d.project_id and a.delivery_id = d.id), 'none'))
        when d.status = 'SUCCEEDED' and not t.succeeded then 'is SUCCEEDED, and its last attempt is not'
        end`,
      from: sql`signalbox.deliveries d cross join lateral (
          select count(*)::int as n, min(a.number) as lowest, max(a.number) as highest,
            coalesce(bool_or(a.outcome = 'SUCCESS' and a.number = d.attempt_count), false) as succeeded
          from signalbox.attempts a where a.project_id = d.project_id and a.delivery_id = d.id
        ) t where ${inScope(sql, scope, sql`d.project_id`, sql`d.created_at`)}`,
    }),
};

const replays: Check = {
  name: "replay",
  find: (sql, scope) =>
    reportRows(sql, {
      project: sql`d.project_id`,
      id: sql`d.id`,
      says: sql`case when o.id is null then format('is a replay of %s, which does not exist', d.replay_of)
        else format('is a replay of %s, of another event or hook', d.replay_of) end`,
      from: sql`signalbox.deliveries d
        left join signalbox.deliveries o on o.project_id = d.project_id and o.id = d.replay_of
        where d.replay_of is not null and ${inScope(sql, scope, sql`d.project_id`, sql`d.created_at`)}
          and ((o.id is null and ${isKept(sql, scope, sql`d.created_at`)})
            or o.event_id <> d.event_id or o.hook_id <> d.hook_id)`,
    }),
};

/** Counters have no time window: they are compared with all rows, and exactly only where retention has removed none. */
const counters: Check = {
  name: "counters",
  find: (sql, scope) =>
    reportRows(sql, {
      project: sql`h.project_id`,
      id: sql`h.id`,
      says: sql`case
        when s.hook_id is null then 'has no counters'
        when s.triggered_count < d.made or s.succeeded_count < d.succeeded or s.failed_count < d.failed
          or (${isKept(sql, scope, sql`h.created_at`)} and (s.triggered_count > d.made
            or s.succeeded_count > d.succeeded or s.failed_count > d.failed))
          then format('counts %s triggered, %s succeeded, %s failed; its deliveries are %s, %s and %s',
            s.triggered_count, s.succeeded_count, s.failed_count, d.made, d.succeeded, d.failed)
        end`,
      from: sql`signalbox.hooks h
        left join signalbox.hook_stats s on s.project_id = h.project_id and s.hook_id = h.id
        cross join lateral (
          select count(*) filter (where replay_of is null) as made, count(*) filter (where status = 'SUCCEEDED') as succeeded,
            count(*) filter (where status = 'FAILED') as failed
          from signalbox.deliveries d where d.project_id = h.project_id and d.hook_id = h.id) d
        where h.kind = 'HOOK' and ${inScope(sql, scope, sql`h.project_id`)}`,
    }),
};

/** The checks of deliveries; `whole`: no time window is given. */
export const deliveryChecks = ({ whole }: { whole: boolean }): Check[] => [
  state,
  lease,
  attempts,
  replays,
  ...orderChecks,
  ...(whole ? [counters] : []),
];
