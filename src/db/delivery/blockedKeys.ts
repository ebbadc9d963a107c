import type { Sql, Tx } from "../connection/client.ts";
import { idPagePerParent, type Page, type PageRequest } from "../page/page.ts";

/** A key of a hook. */
export type HookKey = { hookId: string; key: string };

/** A key that waits for a person. `id` is the lost delivery's. */
export type BlockedKeyRow = HookKey & {
  projectId: string;
  id: string;
  since: Date;
  /** How many deliveries wait, counted to 10,000. */
  waiting: number;
};

/** Counts stop here. */
const MAX_COUNTED = 10_000;

const columns = (
  sql: Sql,
  projectId: string,
) => sql`b.project_id as "projectId", b.hook_id as "hookId", b.key,
  b.delivery_id as id, b.since, (select count(*)::int from (
    select from signalbox.queue q where q.project_id = ${projectId} and q.hook_id = b.hook_id and q.order_key = b.key
      and q.order_seq is not null order by q.order_seq limit ${MAX_COUNTED}) w) as waiting`;

/** The lost delivery that blocks a key; undefined if none does. */
export async function blockedBy(
  tx: Tx,
  projectId: string,
  { hookId, key }: HookKey,
): Promise<string | undefined> {
  const [row] = await tx<{ id: string }[]>`
    select delivery_id as id from signalbox.blocked_keys
    where project_id = ${projectId} and hook_id = ${hookId} and key = ${key}`;
  return row?.id;
}

/** Frees a key; returns a row if it was blocked. */
export const unblock = (tx: Tx, projectId: string, { hookId, key }: HookKey) => tx<
  { id: string }[]
>`
  delete from signalbox.blocked_keys where project_id = ${projectId} and hook_id = ${hookId} and key = ${key}
  returning delivery_id as id`;

/** The lost deliveries of these events block no key any more. Returns the keys. */
export const unblockEvents = (tx: Tx, projectId: string, eventIds: string[]) => tx<HookKey[]>`
  delete from signalbox.blocked_keys
  where project_id = ${projectId} and event_id = any(${eventIds}::uuid[]) returning hook_id as "hookId", key`;

/** The keys of a deleted hook block nothing. */
export const unblockHook = (tx: Tx, projectId: string, hookId: string) => tx`
  delete from signalbox.blocked_keys where project_id = ${projectId} and hook_id = ${hookId}`;

/** A page of the blocked keys of each of these hooks, the newest lost delivery first. */
export const blockedKeysPerHook = (
  sql: Sql,
  projectId: string,
  hookIds: readonly string[],
  request: PageRequest,
): Promise<Map<string, Page<BlockedKeyRow>>> =>
  idPagePerParent(
    sql,
    sql`select ${columns(sql, projectId)} from signalbox.blocked_keys b`,
    sql`b.delivery_id`,
    [sql`b.project_id = ${projectId}`, sql`b.hook_id = x.parent`],
    { values: hookIds, type: "uuid" },
    request,
  );
