import type { Sql, Tx } from "../connection/client.ts";
import { type EventRow, eventColumns, eventHeadColumns } from "../event/events.ts";
import { ofTypes } from "../event/list.ts";
import type { HookRow } from "../hook/hooks.ts";
import { CLOCK_SKEW_MS, minUuid7At } from "../page/minUuid7.ts";
import { allOf, type Fragment } from "../page/page.ts";
import type { ReplayRow } from "./replays.ts";

/** The stored events of a backfill: accepted from `since` on and before `until`. */
export type BackfillSpan = { since: Date; until: Date | null };

/** An event that was matched as any other, and has its content. */
const isWhole = (sql: Sql) => sql`e.config_version is not null and e.expunged_at is null
  and e.only_hook_id is null and e.error is null`;

const hasDelivery = (sql: Sql, projectId: string, hookId: string) => sql`
  exists (select from signalbox.queue d
    where d.event_id = e.id and d.project_id = ${projectId} and d.hook_id = ${hookId} and d.run_id is null)
  or exists (select from signalbox.ended_deliveries d
    where d.project_id = ${projectId} and d.event_id = e.id and d.hook_id = ${hookId} and d.run_id is null)`;

/**
 * The next events after `after` that a hook never got, by its types, user and channels, in the order of acceptance.
 * `data` and `content` are null unless its filter or its order has to read them.
 */
export const missedEvents = (
  sql: Sql,
  hook: Pick<HookRow, "projectId" | "id" | "types" | "userId" | "channels" | "filter" | "orderBy">,
  { since, until }: BackfillSpan,
  after: string,
  limit: number,
) => {
  const { projectId } = hook;
  const conditions = [
    sql`e.project_id = ${projectId}`,
    sql`e.id > ${after}`,
    sql`e.id >= ${minUuid7At(since.getTime() - CLOCK_SKEW_MS)}`,
    sql`e.received_at >= ${since}`,
    ...(until
      ? [sql`e.id < ${minUuid7At(until.getTime() + CLOCK_SKEW_MS)}`, sql`e.received_at < ${until}`]
      : []),
    ofTypes(sql, hook.types),
    isWhole(sql),
    sql`(e.target_hook_id is null or e.target_hook_id = ${hook.id})`,
    ...(hook.userId === null ? [] : [sql`(e.user_id = ${hook.userId} or e.broadcast)`]),
    ...(hook.channels === null ? [] : [sql`e.channels && ${hook.channels}::text[]`]),
    sql`not (${hasDelivery(sql, projectId, hook.id)})`,
  ];
  const columns =
    hook.filter === null && hook.orderBy === null
      ? sql`${eventHeadColumns(sql)}, null as data, null as content`
      : eventColumns(sql);
  return sql<EventRow[]>`select ${columns} from signalbox.events e
    where ${allOf(sql, conditions)} order by e.id limit ${limit}`;
};

/** An event that a hook never got, with its key if it has one. */
export type MissedEvent = { id: string; key: string | null };

/** Inserts a backfill with the list of events to deliver, in chunks. Without any it is DONE at once. */
export const insertBackfill = (
  tx: Tx,
  { projectId, id }: Pick<ReplayRow, "projectId" | "id">,
  hook: Pick<HookRow, "id" | "orderBy">,
  span: BackfillSpan,
  { events, chunkSize }: { events: MissedEvent[]; chunkSize: number },
) => tx`
  with listed as (
    insert into signalbox.replay_chunks (project_id, replay_id, hook_id, number, delivery_ids, order_keys)
    select ${projectId}, ${id}, ${hook.id}, (n - 1) / ${chunkSize}, array_agg(event_id order by n),
      case when ${hook.orderBy !== null} then array_agg(key order by n) end
    from unnest(${events.map((event) => event.id)}::uuid[], ${events.map(({ key }) => key)}::text[])
      with ordinality as x(event_id, key, n) group by 4
  )
  insert into signalbox.replays (project_id, id, filter, status, matched, finished_at)
  select ${projectId}, ${id}, ${JSON.stringify({ backfill: true, hookId: hook.id, ...span })}::text::json,
    case when n = 0 then 'DONE' else 'RUNNING' end, n, case when n = 0 then now() end
  from (select ${events.length}::int as n) counted`;

/** A delivery that a backfill may make. */
type Missed = { id: string; eventId: string; key: string | null };

/**
 * Creates deliveries of these events to a hook, due one after the other in the given order; PARKED if the hook is not
 * ACTIVE. One with a key has its place by the age of its event, and is due in its turn. None for an event that the hook
 * has got meanwhile, nor for an erased one, nor for a deleted hook. The caller has locked the project's head, so that
 * nothing of this changes before its commit.
 */
export const insertMissed = (tx: Tx, projectId: string, hookId: string, missed: Missed[]) => tx`
  insert into signalbox.queue (project_id, id, event_id, hook_id, format, status, max_attempts, due_at, order_key,
    order_seq)
  select e.project_id, x.id, e.id, h.id,
    case when h.template is null and h.selection is null then h.format
      else 'PAYLOAD:' || head.config_version end,
    case when h.status = 'ACTIVE' then 'PENDING' else 'PARKED' end, h.retries + 1,
    case when h.status = 'ACTIVE' and x.key is null then statement_timestamp() + x.n * interval '1 microsecond' end,
    x.key, case when x.key is not null then coalesce(
      -- Before what waits of younger events; equal places are in the order of their ids.
      (select min(q.order_seq) - 1 from signalbox.queue q where q.project_id = ${projectId} and q.hook_id = h.id
        and q.order_key = x.key and q.order_seq is not null and q.event_id > e.id),
      head.head) end
  from unnest(${missed.map(({ eventId }) => eventId)}::uuid[], ${missed.map(({ id }) => id)}::uuid[],
    ${missed.map(({ key }) => key)}::text[]) with ordinality as x(event_id, id, key, n)
  join signalbox.heads head on head.project_id = ${projectId}
  join signalbox.events e on e.project_id = ${projectId} and e.id = x.event_id
  join signalbox.hooks h on h.project_id = ${projectId} and h.id = ${hookId} and h.status <> 'DELETED'
  where ${isWhole(tx)} and not (${hasDelivery(tx, projectId, hookId)})
  order by x.n`;

/** How many of these deliveries were made. */
export const countMade = (tx: Tx, projectId: string, missed: Missed[]): Fragment => tx`
  (select count(*)::int from signalbox.queue q
    where q.project_id = ${projectId} and q.id = any(${missed.map(({ id }) => id)}::uuid[]))`;

/** Counts events that a hook has matched late. */
export const countTriggered = (tx: Tx, projectId: string, hookId: string, count: Fragment) => tx`
  update signalbox.hook_stats s set triggered_count = triggered_count + made.n,
    last_triggered_at = case when made.n > 0 then made.at else last_triggered_at end
  from (select ${count} as n, now() as at) made
  where s.project_id = ${projectId} and s.hook_id = ${hookId}`;
