/**
 * Statistics of a project and its hooks, counted as events happen: reading them costs the same at 10 million deliveries
 * as at ten.
 */

import type { Sql } from "../connection/client.ts";

export type HookHour = { hour: Date; succeeded: number; failed: number; retried: number };

/** The hourly counts of these hooks in the last `hours` hours, oldest first. Hours without calls are missing. */
export async function hookHoursOf(
  sql: Sql,
  projectId: string,
  hookIds: readonly string[],
  hours: number,
): Promise<Map<string, HookHour[]>> {
  const rows = await sql<(HookHour & { hookId: string })[]>`
    select hook_id as "hookId", hour, succeeded, failed, retried from signalbox.hook_hours
    where project_id = ${projectId} and hook_id = any(${hookIds as string[]}::uuid[])
      and hour > now() - ${hours} * interval '1 hour'
    order by hour`;
  return Map.groupBy(rows, ({ hookId }) => hookId);
}

export type HookQueue = { waiting: number; parked: number };

/** Counts stop here: such a queue is long. */
export const MAX_COUNTED = 10_000;

/**
 * The number of waiting and of parked deliveries of each of these hooks, each counted to 10,000. `order by` makes the
 * planner take the index, even while statistics say that the table is empty.
 */
export async function hookQueuesOf(
  sql: Sql,
  projectId: string,
  hookIds: readonly string[],
): Promise<Map<string, HookQueue>> {
  const rows = await sql<(HookQueue & { hookId: string })[]>`
    select x.id as "hookId",
      (select count(*)::int from (
        (select from signalbox.queue q where q.project_id = ${projectId}
          and q.hook_id = x.id and q.due_at is not null order by q.due_at limit ${MAX_COUNTED})
        union all
        (select from signalbox.queue q where q.project_id = ${projectId} and q.hook_id = x.id
          and q.due_at is null and q.status in ('PENDING', 'RETRYING')
          order by q.status, q.order_seq limit ${MAX_COUNTED}) limit ${MAX_COUNTED}) w) as waiting,
      (select count(*)::int from (select from signalbox.queue q where q.project_id = ${projectId}
        and q.hook_id = x.id and q.due_at is null and q.status = 'PARKED' order by q.order_seq limit ${MAX_COUNTED}) p) as parked
    from unnest(${hookIds as string[]}::uuid[]) as x(id)`;
  return new Map(rows.map((row) => [row.hookId, row]));
}

export type ProjectMinute = { minute: Date; accepted: number; delivered: number; failed: number };

/** The project's last minutes including the current one, oldest first. Minutes without activity are zeros. */
export const projectMinutesOf = (sql: Sql, projectId: string, minutes: number) =>
  sql<ProjectMinute[]>`
    select m.minute, coalesce(p.accepted, 0) as accepted, coalesce(p.delivered, 0) as delivered,
      coalesce(p.failed, 0) as failed
    from generate_series(date_trunc('minute', now(), 'UTC') - ${minutes - 1} * interval '1 minute',
      date_trunc('minute', now(), 'UTC'), interval '1 minute') as m(minute)
    left join signalbox.project_minutes p on p.project_id = ${projectId} and p.minute = m.minute
    order by m.minute`;

export type Overview = {
  acceptedPerSecond: number;
  deliveredPerSecond: number;
  failingHooks: number;
  oldestWaitingSeconds: number;
};

/** Hooks with more failed than successful calls in this clock hour and the previous one. */
export const failingHookIds = (sql: Sql, projectId: string) => sql`
  select hook_id from signalbox.hook_hours
  where project_id = ${projectId} and hour >= date_trunc('hour', now(), 'UTC') - interval '1 hour'
  group by hook_id having sum(failed + retried) > sum(succeeded)`;

/**
 * A project's overview. Rates cover the last 60 seconds: the current minute's count and a share of the previous one's.
 * A hook is failing if more of its calls failed than succeeded in this clock hour and the previous one.
 */
export async function overviewOf(sql: Sql, projectId: string): Promise<Overview> {
  const [row] = await sql<Overview[]>`
    with minute as (
      select accepted, delivered, case when minute = date_trunc('minute', now(), 'UTC') then 1.0
        else 1 - extract(second from now()) / 60 end as share
      from signalbox.project_minutes
      where project_id = ${projectId} and minute >= date_trunc('minute', now(), 'UTC') - interval '1 minute'
    ), queue as (
      select id as hook_id from signalbox.hooks where project_id = ${projectId} and status <> 'DELETED'
    ), failing as (${failingHookIds(sql, projectId)})
    select coalesce((select sum(accepted * share) / 60 from minute), 0)::float8 as "acceptedPerSecond",
      coalesce((select sum(delivered * share) / 60 from minute), 0)::float8 as "deliveredPerSecond",
      (select count(*)::int from failing f join signalbox.hooks h on h.project_id = ${projectId}
        and h.id = f.hook_id and h.status <> 'DELETED' and h.kind = 'HOOK') as "failingHooks",
      greatest(coalesce((select extract(epoch from now() - min(d.due_at)) from queue cross join lateral (
        select due_at from signalbox.queue d where d.project_id = ${projectId} and d.hook_id = queue.hook_id
          and d.due_at <= now() order by d.due_at limit 1) d), 0), 0)::float8
        as "oldestWaitingSeconds"`;
  if (!row) throw new Error("no overview");
  return row;
}

/** Deletes counts that charts no longer show: hours after 8 days, minutes after two. */
export const removeOldCounts = async (sql: Sql) => {
  await sql`delete from signalbox.hook_hours where hour < now() - interval '8 days'`;
  await sql`delete from signalbox.project_minutes where minute < now() - interval '2 days'`;
};
