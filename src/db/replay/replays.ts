import type { Sql, Tx } from "../connection/client.ts";
import type { DeliveryStatus } from "../delivery/deliveries.ts";
import { type Narrowing, narrowed } from "../delivery/narrowing.ts";
import { isExpunged } from "../delivery/retries.ts";
import { statusIn, WAITING } from "../delivery/statusFilter.ts";
import { record } from "../feed/record.ts";
import { minUuid7At } from "../page/minUuid7.ts";
import { allOf, type Fragment } from "../page/page.ts";
import type { JobSpec } from "../queue/jobs.ts";
import type { replays } from "../schema/deliveryTables.ts";

type ReplayStatus = "RUNNING" | "DONE" | "CANCELLED";

export type ReplayRow = Pick<
  typeof replays.$inferSelect,
  "projectId" | "id" | "matched" | "created" | "createdAt" | "finishedAt" | "lookedAt"
> & {
  status: ReplayStatus;
  /** Whether it sends SUCCEEDED deliveries again. */
  resends: boolean;
  /** Whether deliveries that wait for their next attempt, or were parked alone, are tried at once. */
  hastens: boolean;
  /** Whether it makes the deliveries that a hook never got: its chunks list events. */
  isBackfill: boolean;
};

/** The filter of a replay: deliveries created from `since` on and before `until`; or chosen ones. */
export type ReplayFilter = Narrowing & {
  deliveryIds: string[] | null;
  hookIds: string[] | null;
  status: DeliveryStatus[];
  since: Date | null;
  until: Date | null;
};

const DAY_MS = 86_400_000;

const columns = (sql: Sql) => sql`r.project_id as "projectId", r.id, r.status, r.matched, r.created,
  coalesce(r.filter::jsonb -> 'status' @> '["SUCCEEDED"]', false) as resends,
  coalesce(r.filter::jsonb -> 'status' @> '["RETRYING"]', false) as hastens,
  coalesce(r.filter::jsonb @> '{"backfill": true}', false) as "isBackfill", r.created_at as "createdAt", r.finished_at as "finishedAt",
  r.looked_at as "lookedAt"`;

/** Replays of one project by id; unknown ids and those of other projects are left out. */
export const replaysById = (sql: Sql, projectId: string, ids: readonly string[]) =>
  sql<ReplayRow[]>`select ${columns(sql)} from signalbox.replays r
    where r.project_id = ${projectId} and r.id = any(${ids as string[]}::uuid[])`;

/** Locks a replay until the end of the transaction and returns it. It is locked before queues, hooks and the feed. */
export const lockedReplay = (tx: Tx, projectId: string, id: string) =>
  tx<ReplayRow[]>`select ${columns(tx)} from signalbox.replays r
    where r.project_id = ${projectId} and r.id = ${id} for update`;

/** The deliveries that match a filter. Waiting and ended ones are in different tables, each with its own indexes. */
function matching(sql: Sql, projectId: string, filter: ReplayFilter): Fragment {
  const [waiting, ended] = [
    filter.status.filter((one) => WAITING.includes(one)),
    filter.status.filter((one) => !WAITING.includes(one)),
  ];
  const inEnded = matchingIn(sql, projectId, { ...filter, status: ended });
  if (waiting.length === 0) return inEnded;
  return sql`${inEnded} union all ${matchingIn(sql, projectId, { ...filter, status: waiting })}`;
}

/**
 * The deliveries that match a filter, of hooks that are not deleted and of events that have their content, and no steps
 * of workflows. Of SUCCEEDED ones only the first ones unless they were chosen, so that what replays have sent is not
 * sent again by each further replay. Of PARKED ones those that were parked alone, not with their hook. They are found
 * by their ids: `created_at` has no index. One day is left for clock skew.
 */
function matchingIn(sql: Sql, projectId: string, filter: ReplayFilter): Fragment {
  const { deliveryIds, hookIds, status, since, until } = filter;
  const { own, near, far } = narrowed(sql, projectId, filter);
  const conditions = [
    sql`d.project_id = ${projectId}`,
    deliveryIds === null
      ? sql`(d.replay_of is null or d.status <> 'SUCCEEDED')`
      : sql`d.id = any(${deliveryIds}::uuid[])`,
    statusIn(sql, status),
    ...(status.includes("PARKED")
      ? [sql`(d.status <> 'PARKED' or h.status = 'ACTIVE' and d.order_seq is null)`]
      : []),
    sql`h.status <> 'DELETED'`,
    sql`h.kind = 'HOOK'`,
    ...(since
      ? [sql`d.id >= ${minUuid7At(since.getTime() - DAY_MS)}`, sql`d.created_at >= ${since}`]
      : []),
    sql`not ${isExpunged(sql, projectId)}`,
    ...(until
      ? [sql`d.id < ${minUuid7At(until.getTime() + DAY_MS)}`, sql`d.created_at < ${until}`]
      : []),
    ...(hookIds === null ? [] : [sql`d.hook_id = any(${hookIds}::uuid[])`]),
    ...own,
    ...near,
    ...far,
  ];
  return sql`select d.id, d.hook_id, d.order_seq from signalbox.deliveries d
    join signalbox.hooks h on h.project_id = d.project_id and h.id = d.hook_id
    where ${allOf(sql, conditions)}`;
}

/** The number of deliveries that match a filter now. */
export async function countMatching(
  sql: Sql,
  projectId: string,
  filter: ReplayFilter,
): Promise<number> {
  const [row] = await sql<{ n: number }[]>`
    select count(*)::int as n from (${matching(sql, projectId, filter)}) m`;
  return row?.n ?? 0;
}

/**
 * Inserts a replay with the list of what matches now, what has an order in it: later changes do not add to it or
 * remove from it. A replay that matches nothing is DONE at once. What was searched for in the data is not kept: it may
 * be a part of it, which can be erased.
 */
export const insertReplay = (
  tx: Tx,
  { projectId, id }: Pick<ReplayRow, "projectId" | "id">,
  filter: ReplayFilter,
  chunkSize: number,
) => tx<ReplayRow[]>`
  with matched as materialized (${matching(tx, projectId, filter)}),
  numbered as (
    select id, hook_id, (row_number() over (partition by hook_id order by order_seq, id) - 1) / ${chunkSize} as number
    from matched
  ), listed as (
    insert into signalbox.replay_chunks (project_id, replay_id, hook_id, number, delivery_ids)
    select ${projectId}, ${id}, hook_id, number, array_agg(id order by id) from numbered group by hook_id, number
  ), counted as (select count(*)::int as n from matched)
  insert into signalbox.replays as r (project_id, id, filter, status, matched, finished_at)
  select ${projectId}, ${id}, ${JSON.stringify({ ...filter, search: null })}::text::json,
    case when n = 0 then 'DONE' else 'RUNNING' end, n, case when n = 0 then now() end
  from counted returning ${columns(tx)}`;

/** The job that has a worker take a replay up; equal jobs are merged. */
export const replayJob = ({ projectId, id }: Pick<ReplayRow, "projectId" | "id">): JobSpec => ({
  identifier: "replay",
  payload: { projectId, replayId: id },
  key: `replay:${id}`,
});

/** The condition of a waiting retry or replay, as in the index `queue_again`. */
const isAgain = (sql: Sql) => sql`(d.status = 'RETRYING' or d.replay_of is not null)`;

/** Deliveries of one hook; of a backfill events, and the keys of those that have one if the hook has order. */
export type ReplayChunk = { hookId: string; ids: string[]; keys: (string | null)[] | null };

/**
 * Removes a chunk of a hook with room from the list; undefined if there is none. What a backfill adds cannot be told
 * from other first deliveries, so it counts all that are due.
 */
export async function takeChunk(
  tx: Tx,
  { projectId, id, isBackfill }: ReplayRow,
  maxWaiting: number,
): Promise<ReplayChunk | undefined> {
  const [chunk] = await tx<ReplayChunk[]>`
    with recursive queue as (
      -- Each hook by one look into the index: a list of distinct ones would read all chunks.
      (select hook_id from signalbox.replay_chunks
        where project_id = ${projectId} and replay_id = ${id} order by hook_id limit 1)
      union all
      select next.hook_id from queue cross join lateral (
        select c.hook_id from signalbox.replay_chunks c
        where c.project_id = ${projectId} and c.replay_id = ${id} and c.hook_id > queue.hook_id
        order by c.hook_id limit 1) next
    ), next as (
      select queue.hook_id, first.number from queue
      cross join lateral (
        select count(*) as n from (
          select from signalbox.queue d
          where d.project_id = ${projectId} and d.hook_id = queue.hook_id
            and ${isBackfill ? tx`true` : isAgain(tx)} and d.due_at <= now() limit ${maxWaiting}) due
      ) waiting
      cross join lateral (
        select number from signalbox.replay_chunks
        where project_id = ${projectId} and replay_id = ${id} and hook_id = queue.hook_id
        order by number limit 1
      ) first
      where waiting.n < ${maxWaiting} limit 1
    )
    delete from signalbox.replay_chunks c using next
    where c.project_id = ${projectId} and c.replay_id = ${id} and c.hook_id = next.hook_id
      and c.number = next.number
    returning c.hook_id as "hookId", c.delivery_ids as ids, c.order_keys as keys`;
  return chunk;
}

/** Notes that a replay was looked at in this transaction. */
export const lookAtReplay = (tx: Tx, { projectId, id }: ReplayRow) => tx<{ lookedAt: Date }[]>`
  update signalbox.replays set looked_at = now() where project_id = ${projectId} and id = ${id}
  returning looked_at as "lookedAt"`;

/** Adds to the number of deliveries a replay has reopened and created. Without remaining chunks it is DONE. */
export const advanceReplay = (
  tx: Tx,
  { projectId, id }: Pick<ReplayRow, "projectId" | "id">,
  created: number | Fragment,
) => tx`
  update signalbox.replays r set created = r.created + ${created},
    status = case when rest.any then r.status else 'DONE' end,
    finished_at = statement_timestamp() + case when not rest.any then interval '0' end
  from (select exists (select from signalbox.replay_chunks
    where project_id = ${projectId} and replay_id = ${id}) as any) rest
  where r.project_id = ${projectId} and r.id = ${id}`;

/** Cancels a replay and deletes its remaining chunks. */
export const stopReplay = (tx: Tx, { projectId, id }: ReplayRow) => tx`
  with forgotten as (
    delete from signalbox.replay_chunks where project_id = ${projectId} and replay_id = ${id}
  )
  update signalbox.replays set status = 'CANCELLED', finished_at = statement_timestamp()
  where project_id = ${projectId} and id = ${id}`;

/** A feed item for a replay in its current state. The caller has locked the project's head. */
export const recordReplay = (
  tx: Tx,
  { projectId, id }: Pick<ReplayRow, "projectId" | "id">,
  isNew = false,
) =>
  record(
    tx,
    projectId,
    tx`
  select 'REPLAY', id, null, null, ${isNew}::boolean,
    json_build_object('status', status, 'created', created, 'finishedAt', finished_at)
  from signalbox.replays where project_id = ${projectId} and id = ${id}`,
  );

/** Running replays that nobody has looked at for this long: the process that continued them is gone. */
export const overdueReplays = (sql: Sql, overdueMs: number) => sql<
  Pick<ReplayRow, "projectId" | "id">[]
>`
  select project_id as "projectId", id from signalbox.replays
  where status = 'RUNNING' and looked_at <= now() - ${overdueMs} * interval '1 millisecond' limit 1000`;
