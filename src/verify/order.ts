import { type Check, inScope, reportRows } from "./check.ts";

/** Deliveries of one key: one at most is due or in flight, and it is the first unless a later one was so before. */
const keys: Check = {
  name: "order",
  find: (sql, scope) =>
    reportRows(sql, {
      project: sql`k.project_id`,
      id: sql`k.first`,
      says: sql`case
        when k.due > 1 then format('is one of %s deliveries with key ''%s'' that are due', k.due, k.key)
        when k.due > 0 and b.key is not null then format('has the blocked key ''%s'', and one with it is due', k.key)
        when k.due = 0 and b.key is null and k.status <> 'PARKED' and h.status = 'ACTIVE'
          then format('is the first with key ''%s'', which is not blocked, and is not due', k.key)
        end`,
      from: sql`(
          select q.project_id, q.hook_id, q.order_key as key, count(q.due_at) as due,
            (array_agg(q.id order by q.order_seq, q.id))[1] as first,
            (array_agg(q.status order by q.order_seq, q.id))[1] as status
          from signalbox.queue q where q.order_seq is not null and ${inScope(sql, scope, sql`q.project_id`, sql`q.created_at`)}
          group by q.project_id, q.hook_id, q.order_key) k
        join signalbox.hooks h on h.project_id = k.project_id and h.id = k.hook_id
        left join signalbox.blocked_keys b on b.project_id = k.project_id and b.hook_id = k.hook_id and b.key = k.key`,
    }),
};

const blocks: Check = {
  name: "blocked key",
  find: (sql, scope) =>
    reportRows(sql, {
      project: sql`b.project_id`,
      id: sql`b.delivery_id`,
      says: sql`case
        when d.id is null then format('blocks the key ''%s'' and does not exist', b.key)
        when d.status not in ('FAILED', 'QUARANTINED')
          then format('blocks the key ''%s'' and is %s', b.key, d.status) end`,
      from: sql`signalbox.blocked_keys b
        left join signalbox.deliveries d on d.project_id = b.project_id and d.id = b.delivery_id
        where ${inScope(sql, scope, sql`b.project_id`, sql`b.since`)}`,
    }),
};

/** An event for which others wait is still to be matched. */
const gates: Check = {
  name: "order gate",
  find: (sql, scope) =>
    reportRows(sql, {
      project: sql`g.project_id`,
      id: sql`g.event_id`,
      says: sql`case
        when e.id is null then 'is waited for and does not exist'
        when e.status not in ('STAGED', 'SCHEDULED') then format('is waited for and is %s', e.status) end`,
      from: sql`signalbox.order_gates g
        left join signalbox.events e on e.project_id = g.project_id and e.id = g.event_id
        where ${inScope(sql, scope, sql`g.project_id`)}`,
    }),
};

export const orderChecks: Check[] = [keys, blocks, gates];
