import type { Sql, Tx } from "../connection/client.ts";
import type { HookKey } from "./blockedKeys.ts";
import type { MovedDelivery } from "./record.ts";

/**
 * What follows for the keys of deliveries that have ended without an attempt, with its feed items: the next one is due,
 * or the key is blocked. The caller has locked the project's head.
 */
export const leaveOrder = (tx: Tx, projectId: string, moved: MovedDelivery[]) => tx`
  select signalbox.publish(${projectId}, array_to_json(l.items)) from signalbox.leave_order(${projectId}, array(
    select row(x.id, x.event_id, x.hook_id, null, x.status)::signalbox.moved_delivery from unnest(
      ${moved.map(({ id }) => id)}::uuid[], ${moved.map(({ eventId }) => eventId)}::uuid[],
      ${moved.map(({ hookId }) => hookId)}::uuid[], ${moved.map(({ status }) => status)}::text[])
      as x(id, event_id, hook_id, status))) l`;

/** The keys of these waiting deliveries have their first one due, if they may. The caller has locked the head. */
export const advanceKeysOf = (tx: Tx, projectId: string, moved: Pick<MovedDelivery, "id">[]) => tx`
  select signalbox.advance_keys_of(${projectId}, ${moved.map(({ id }) => id)}::uuid[])`;

/** The same for given keys. */
export const advanceKeys = (tx: Tx, projectId: string, keys: HookKey[]) => tx`
  select signalbox.advance_keys(${projectId}, ${keys.map(({ hookId }) => hookId)}::uuid[],
    ${keys.map(({ key }) => key)}::text[])`;

/** The delivery that each of these waits for: the one of its key that is due, in flight or lost. */
export async function waitedFor(
  sql: Sql,
  projectId: string,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const rows = await sql<{ id: string; ahead: string }[]>`
    select q.id, coalesce(
      (select f.id from signalbox.queue f where f.project_id = ${projectId} and f.hook_id = q.hook_id
        and f.order_key = q.order_key and f.order_seq is not null and f.due_at is not null),
      (select b.delivery_id from signalbox.blocked_keys b where b.project_id = ${projectId} and b.hook_id = q.hook_id
        and b.key = q.order_key)) as ahead
    from signalbox.queue q
    where q.project_id = ${projectId} and q.id = any(${ids as string[]}::uuid[]) and q.order_seq is not null
      and q.due_at is null and q.status <> 'PARKED'`;
  return new Map(rows.flatMap(({ id, ahead }) => (ahead === null ? [] : [[id, ahead]])));
}
