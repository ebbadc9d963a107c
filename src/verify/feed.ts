import type { Sql } from "../db/connection/client.ts";
import type { ChangeKind } from "../db/feed/changes.ts";
import type { Fragment } from "../db/page/page.ts";
import { type Check, inScope, isKept, reportRows, type Scope } from "./check.ts";

/** Where the feed's entities of a kind are, and what of a row the last change of it must have told. */
type Told = {
  kind: ChangeKind;
  rows(sql: Sql): Fragment;
  /** Of a row named `e`, and of a change's state named `c`: the same text. */
  row(sql: Sql): Fragment;
  state(sql: Sql): Fragment;
};

const status = (sql: Sql) => sql`e.status`;
const saidStatus = (sql: Sql) => sql`c.state->>'status'`;

const told: Told[] = [
  { kind: "EVENT", rows: (sql) => sql`signalbox.events`, row: status, state: saidStatus },
  {
    kind: "DELIVERY",
    rows: (sql) => sql`signalbox.deliveries`,
    // A claim counts an attempt, and the feed tells of it when it is over.
    row: (sql) =>
      sql`format('%s after %s attempts', e.status, e.attempt_count - (e.lease_token is not null)::int)`,
    state: (sql) =>
      sql`format('%s after %s attempts', c.state->>'status', c.state->>'attemptCount')`,
  },
  { kind: "HOOK", rows: (sql) => sql`signalbox.hooks`, row: status, state: saidStatus },
  { kind: "REPLAY", rows: (sql) => sql`signalbox.replays`, row: status, state: saidStatus },
  { kind: "RUN", rows: (sql) => sql`signalbox.workflow_runs`, row: status, state: saidStatus },
  {
    kind: "ACTION",
    rows: (sql) => sql`signalbox.actions`,
    // Whether it has expired is read off the clock.
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

/** The last change of each entity of a kind, how often it was born, and when the feed first tells of it. */
const lastChanges = (sql: Sql, { projectId, since }: Scope, kind: ChangeKind): Fragment => sql`(
  select distinct on (project_id, entity_id) project_id, entity_id, at, state,
    count(*) filter (where created) over entity as births, min(at) over entity as first_at
  from signalbox.changes
  where kind = ${kind} and ${inScope(sql, { projectId, since, until: null, keptSince: null }, sql`project_id`, sql`at`)}
  window entity as (partition by project_id, entity_id)
  order by project_id, entity_id, position desc)`;

const lastState = ({ kind, rows, row, state }: Told): Check => ({
  name: "feed",
  find: (sql, scope) =>
    reportRows(sql, {
      project: sql`c.project_id`,
      id: sql`c.entity_id`,
      says: sql`format('%s is %s, and the feed last told of %s', lower(${kind}), ${row(sql)}, ${state(sql)})`,
      from: sql`${lastChanges(sql, scope, kind)} c
        join ${rows(sql)} e on e.project_id = c.project_id and e.id = c.entity_id
        where ${inScope(sql, { ...scope, projectId: null }, sql`c.project_id`, sql`c.at`)}
          and ${row(sql)} is distinct from ${state(sql)}`,
    }),
});

/** Of kinds whose rows all have a beginning in the feed, and of which none goes before its changes do. */
const beginnings = (
  kind: "EVENT" | "DELIVERY",
  rows: (sql: Sql) => Fragment,
  at: (sql: Sql) => Fragment,
): Check => ({
  name: "feed",
  find: (sql, scope) => sql`
    select coalesce(e.project_id, c.project_id) as project_id, coalesce(e.id, c.entity_id)::text as id,
      case when e.id is null then format('the feed tells of %s, and there is no such row', lower(${kind}))
        else format('%s is told of as new %s times', lower(${kind}), coalesce(c.births, 0)) end as says
    from (select project_id, id from ${rows(sql)} r where ${inScope(sql, scope, sql`project_id`, at(sql))}
      and ${isKept(sql, scope, at(sql))}) e
    full join (select * from ${lastChanges(sql, scope, kind)} l) c on c.project_id = e.project_id and c.entity_id = e.id
    where (e.id is not null and coalesce(c.births, 0) <> 1)
      or (e.id is null and c.births > 0 and ${isKept(sql, scope, sql`c.first_at`)}
        and ${inScope(sql, { ...scope, projectId: null }, sql`c.project_id`, sql`c.first_at`)}
        and not exists (select from ${rows(sql)} o where o.project_id = c.project_id and o.id = c.entity_id))`,
});

/**
 * Positions are dense: each record begins behind the one before, or behind what retention has removed, and the last one is
 * the head.
 */
const dense: Check = {
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

/** What is asked of the feed: that it has no gap, that its last word on each entity is the entity's row, and that it left none out. */
export const feedChecks: Check[] = [
  dense,
  ...told.map(lastState),
  beginnings(
    "DELIVERY",
    (sql) => sql`signalbox.deliveries`,
    (sql) => sql`created_at`,
  ),
  // An event of the SQL door is told of when it is matched.
  beginnings(
    "EVENT",
    (sql) => sql`(select * from signalbox.events where status <> 'STAGED')`,
    (sql) => sql`received_at`,
  ),
];
