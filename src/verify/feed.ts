import type { Sql } from "../db/connection/client.ts";
import type { ChangeKind } from "../db/feed/changes.ts";
import type { Fragment } from "../db/page/page.ts";
import { type Check, inScope, isKept, reportRows, type Scope } from "./check.ts";

/** The table of one kind of feed entity, and the part of its rows that the last change must agree with. */
type FeedEntity = {
  kind: ChangeKind;
  rows(sql: Sql): Fragment;
  /** The same text, computed from a row named `e` and from the state of a change named `c`. */
  row(sql: Sql): Fragment;
  state(sql: Sql): Fragment;
};

const status = (sql: Sql) => sql`e.status`;
const changeStatus = (sql: Sql) => sql`c.state->>'status'`;

const feedEntities: FeedEntity[] = [
  { kind: "EVENT", rows: (sql) => sql`signalbox.events`, row: status, state: changeStatus },
  {
    kind: "DELIVERY",
    rows: (sql) => sql`signalbox.deliveries`,
    // A claim already counts an attempt in flight; the feed reports it when the attempt has ended.
    row: (sql) =>
      sql`format('%s after %s attempts', e.status, e.attempt_count - (e.lease_token is not null)::int)`,
    state: (sql) =>
      sql`format('%s after %s attempts', c.state->>'status', c.state->>'attemptCount')`,
  },
  { kind: "HOOK", rows: (sql) => sql`signalbox.hooks`, row: status, state: changeStatus },
  { kind: "REPLAY", rows: (sql) => sql`signalbox.replays`, row: status, state: changeStatus },
  { kind: "RUN", rows: (sql) => sql`signalbox.workflow_runs`, row: status, state: changeStatus },
  {
    kind: "ACTION",
    rows: (sql) => sql`signalbox.actions`,
    // EXPIRED depends on the clock and is not stored in the row.
    row: status,
    state: (sql) => sql`replace(c.state->>'status', 'EXPIRED', 'PENDING')`,
  },
  {
    kind: "RESOURCE",
    rows: (sql) => sql`signalbox.resources`,
    row: (sql) => sql`'version ' || e.version`,
    state: (sql) => sql`'version ' || (c.state->>'version')`,
  },
];

/**
 * The last change of each entity of a kind, with how many of its changes say that it is new and when the feed first
 * mentions it.
 */
const lastChanges = (sql: Sql, { projectId, since }: Scope, kind: ChangeKind): Fragment => sql`(
  select distinct on (project_id, entity_id) project_id, entity_id, at, state,
    count(*) filter (where created) over entity as births, min(at) over entity as first_at
  from signalbox.changes
  where kind = ${kind} and ${inScope(sql, { projectId, since, until: null, keptSince: null }, sql`project_id`, sql`at`)}
  window entity as (partition by project_id, entity_id)
  order by project_id, entity_id, position desc)`;

const lastState = ({ kind, rows, row, state }: FeedEntity): Check => ({
  name: "feed",
  find: (sql, scope) =>
    reportRows(sql, {
      project: sql`c.project_id`,
      id: sql`c.entity_id`,
      says: sql`format('%s is %s, and the feed last reported %s', lower(${kind}), ${row(sql)}, ${state(sql)})`,
      from: sql`${lastChanges(sql, scope, kind)} c
        join ${rows(sql)} e on e.project_id = c.project_id and e.id = c.entity_id
        where ${inScope(sql, { ...scope, projectId: null }, sql`c.project_id`, sql`c.at`)}
          and ${row(sql)} is distinct from ${state(sql)}`,
    }),
});

/** Checks kinds whose rows are all reported as new, and whose rows retention does not remove before their changes. */
const reportedAsNew = (
  kind: "EVENT" | "DELIVERY",
  rows: (sql: Sql) => Fragment,
  at: (sql: Sql) => Fragment,
): Check => ({
  name: "feed",
  find: (sql, scope) => sql`
    select coalesce(e.project_id, c.project_id) as project_id, coalesce(e.id, c.entity_id)::text as id,
      case when e.id is null then format('the feed reports %s, and there is no such row', lower(${kind}))
        else format('%s is reported as new %s times', lower(${kind}), coalesce(c.births, 0)) end as says
    from (select project_id, id from ${rows(sql)} r where ${inScope(sql, scope, sql`project_id`, at(sql))}
      and ${isKept(sql, scope, at(sql))}) e
    full join (select * from ${lastChanges(sql, scope, kind)} l) c on c.project_id = e.project_id and c.entity_id = e.id
    where (e.id is not null and coalesce(c.births, 0) <> 1)
      or (e.id is null and c.births > 0 and ${isKept(sql, scope, sql`c.first_at`)}
        and ${inScope(sql, { ...scope, projectId: null }, sql`c.project_id`, sql`c.first_at`)}
        and not exists (select from ${rows(sql)} o where o.project_id = c.project_id and o.id = c.entity_id))`,
});

/**
 * Positions are dense: each record begins after the previous one, or after what retention has removed, and the last
 * record ends at the head.
 */
const densePositions: Check = {
  name: "feed",
  find: (sql, scope) =>
    reportRows(sql, {
      project: sql`f.project_id`,
      id: sql`f.project_id`,
      says: sql`case
        when f.last is null and f.head > f.horizon then format('the feed has no record, and its head is %s', f.head)
        when f.first <= f.before or f.first > greatest(f.before, f.horizon) + 1
          then format('the feed goes from position %s on to %s', greatest(f.before, f.horizon), f.first)
        when f.next is null and f.last <> f.head then format('the feed ends at position %s, and its head is %s', f.last, f.head)
        when json_array_length(f.items) > f.last - f.first + 1
          then format('the record at position %s has more changes than positions', f.last)
        end`,
      from: sql`(select h.project_id, h.head, h.horizon, f.first, f.last, f.items, lag(f.last) over feed as before,
          lead(f.last) over feed as next
        from signalbox.heads h left join signalbox.feed f on f.project_id = h.project_id
        where ${inScope(sql, { ...scope, since: null, until: null }, sql`h.project_id`)}
        window feed as (partition by h.project_id order by f.last)) f`,
    }),
};

/**
 * The checks of the feed: it has no gap, its last change of each entity agrees with the entity's row, and no entity is
 * missing.
 */
export const feedChecks: Check[] = [
  densePositions,
  ...feedEntities.map(lastState),
  reportedAsNew(
    "DELIVERY",
    (sql) => sql`signalbox.deliveries`,
    (sql) => sql`created_at`,
  ),
  // An event written through SQL is reported when it is matched.
  reportedAsNew(
    "EVENT",
    (sql) => sql`(select * from signalbox.events where status <> 'STAGED' or origin <> 'SQL')`,
    (sql) => sql`received_at`,
  ),
];
