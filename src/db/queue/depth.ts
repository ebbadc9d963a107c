import type { Sql } from "../connection/client.ts";

/** Waiting deliveries of the hooks in one state, over all projects; those of workflows' queues are with them. */
type QueueDepth = { status: "ACTIVE" | "PAUSED" | "PENDING_VERIFICATION"; waiting: number };

/** One row for each state, also without any. Reads the whole queue. */
export const queueDepths = (sql: Sql) => sql<QueueDepth[]>`
  with waiting as (
    select h.status, sum(q.waiting) as waiting from (
      select project_id, hook_id, count(*) as waiting from signalbox.queue group by project_id, hook_id) q
    join signalbox.hooks h on h.project_id = q.project_id and h.id = q.hook_id group by h.status)
  select s.status, coalesce(w.waiting, 0)::float8 as waiting
  from unnest(array['ACTIVE', 'PAUSED', 'PENDING_VERIFICATION']) as s(status) left join waiting w using (status)`;
