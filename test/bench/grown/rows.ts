import type { Sql } from "../../../src/db/connection/client.ts";

/** The events with these numbers; each has two deliveries, and all else follows from the number. */
export type Range = { from: number; to: number };

/** What the hub's own rows are like. */
const data = JSON.stringify({ pad: "y".repeat(200) });
const requestHeaders = JSON.stringify({
  "content-type": "application/json",
  "webhook-id": "0193f3c4-7d5a-7c3e-9a51-6f2b8c1d4e70",
  "webhook-timestamp": "1764000000",
  "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
  "user-agent": "signalbox/0.1.0",
});
const responseHeaders = JSON.stringify({
  "content-length": "2",
  date: "Sat, 21 Nov 2026 12:00:00 GMT",
});

/**
 * Schema `bench`, gone after the filling: ids as the hub makes them (UUIDv7), but the same each time they are asked for,
 * so that every table can be filled by itself; and what is true of each event.
 *
 * Of ten events eight are of the first project, the rest of four others. There are 50 types, and each has two hooks. One
 * event in 100 has failed; type 0's first hook is paused, with what came in the last two days PARKED, and what
 * type 1's second hook is to receive is tried again tomorrow.
 */
export async function makeHelpers(
  sql: Sql,
  world: { projects: string[]; hooks: string[]; startMs: number; stepMs: number; events: number },
): Promise<void> {
  await sql`create schema bench`;
  await sql`create function bench.id(ms bigint, n bigint, kind bigint) returns uuid language sql immutable
    return (lpad(to_hex(ms), 12, '0') || '7' || lpad(to_hex(n & 4095), 3, '0') || '8' ||
      right(lpad(to_hex(hashint8extended(n, kind)), 16, '0'), 15))::uuid`;
  await sql`create table bench.world as select ${world.projects}::uuid[] as projects, ${world.hooks}::uuid[] as hooks,
    ${world.startMs}::float8 as start_ms, ${world.stepMs}::float8 as step_ms, ${world.events}::bigint as events`;
  await sql`create function bench.fact(low bigint, high bigint) returns table (n bigint, ms bigint, project_no int,
      project_id uuid, event_id uuid, kind int, failed boolean, parked boolean, retrying boolean)
    language sql stable as $$
      select n, ms, project_no, (select projects from bench.world)[project_no + 1], bench.id(ms, n, 1), kind,
        n % 100 = 1, kind = 0 and is_new, kind = 1 and is_new and n % 100 <> 1
      from (
        select n, (w.start_ms + n * w.step_ms)::bigint as ms, (case when n % 10 < 8 then 0 else 1 + n / 10 % 4 end)::int
            as project_no, (n / 10 % 50)::int as kind, n > w.events * 14 / 15 as is_new
        from generate_series(low, high - 1) as n, bench.world w) x $$`;
  await sql`create function bench.try(low bigint, high bigint) returns table (n bigint, ms bigint, project_id uuid,
      event_id uuid, id uuid, hook_id uuid, status text)
    language sql stable as $$
      select f.n, f.ms + 2, f.project_id, f.event_id, bench.id(f.ms + 2, 2 * f.n + i, 2),
        (select hooks from bench.world)[f.project_no * 100 + 2 * f.kind + i + 1],
        case when f.parked and i = 0 then 'PARKED' when f.retrying and i = 1 then 'RETRYING'
          when f.failed and i = 0 then 'FAILED' when f.n % 1000 = 3 and i = 1 then 'CANCELLED'
          when f.n % 20000 = 5 and i = 1 then 'GONE' else 'SUCCEEDED' end
      from bench.fact(low, high) f, generate_series(0, 1) as i $$`;
}

const events = (sql: Sql, { from, to }: Range) => sql`
  insert into signalbox.events (project_id, id, type, type_version, data, name, category, content_type, user_id,
    subject_type, subject_id, context_id, origin, occurred_at, received_at, status, config_version)
  select project_id, event_id, case when n % 100003 = 7 then 'grown.rare' else 'grown.t' || kind end, 1, ${data}::json,
    'Ticket ' || n || ' was changed', case when n % 3 = 0 then 'category ' || n % 7 end, 'TEXT',
    case when n % 5 = 0 then 'user ' || n / 5 % 5000 end, case when n % 7 = 0 then 'ticket' end,
    case when n % 7 = 0 then (n / 7 % 20000)::text end, case when n % 4 = 0 then 'context ' || n / 4 % 1000 end, 'API',
    to_timestamp(ms / 1000.0), to_timestamp(ms / 1000.0),
    case when failed then 'FAILED' when parked or retrying then 'DISPATCHED' else 'PROCESSED' end, 1
  from bench.fact(${from}, ${to})`;

/** What has ended, each with its last attempt. */
const ended = (sql: Sql, { from, to }: Range) => sql`
  insert into signalbox.ended_deliveries (project_id, id, event_id, hook_id, format, status, attempt_count, max_attempts,
    completed_at, last_error, created_at, started_at, elapsed_ms, outcome, status_code, remote_address, request_headers,
    response_headers, response_body, response_truncated)
  select project_id, id, event_id, hook_id, 'CLOUD_EVENT', status, tries, 4, to_timestamp((ms + 20) / 1000.0),
    case status when 'FAILED' then 'HTTP 503' end, to_timestamp(ms / 1000.0),
    case when tries > 0 then to_timestamp((ms + 5000 * tries) / 1000.0) end, case when tries > 0 then 12 end,
    case when tries > 0 then case status when 'FAILED' then 'RESPONSE_ERROR' when 'GONE' then 'SUBSCRIBER_GONE' else 'SUCCESS' end end,
    case status when 'FAILED' then 503 when 'GONE' then 410 when 'SUCCEEDED' then 200 end,
    case when tries > 0 then '127.0.0.1' end, case when tries > 0 then ${requestHeaders}::json end,
    case when tries > 0 then ${responseHeaders}::json end, case when tries > 0 then 'ok' end,
    case when tries > 0 then false end
  from (select *, case status when 'FAILED' then 4 when 'CANCELLED' then 0 else 1 end as tries
    from bench.try(${from}, ${to})) t
  where status not in ('PARKED', 'RETRYING')`;

const waiting = (sql: Sql, { from, to }: Range) => sql`
  insert into signalbox.queue (project_id, id, event_id, hook_id, format, status, attempt_count, max_attempts, due_at,
    last_error, created_at)
  select project_id, id, event_id, hook_id, 'CLOUD_EVENT', status, case status when 'PARKED' then 0 else 1 end, 4,
    case status when 'RETRYING' then now() + interval '1 day' end, case status when 'RETRYING' then 'HTTP 503' end,
    to_timestamp(ms / 1000.0)
  from bench.try(${from}, ${to}) where status in ('PARKED', 'RETRYING')`;

/** Those that ended nothing. */
const attempts = (sql: Sql, { from, to }: Range) => sql`
  insert into signalbox.earlier_attempts (project_id, delivery_id, number, started_at, elapsed_ms, outcome, status_code,
    remote_address, request_headers, response_headers, response_body)
  select project_id, id, number, to_timestamp((ms + 5000 * number) / 1000.0), 12, 'RESPONSE_ERROR', 503, '127.0.0.1',
    ${requestHeaders}::json, ${responseHeaders}::json, 'ok'
  from bench.try(${from}, ${to}), generate_series(1, case status when 'FAILED' then 3 else 1 end) as number
  where status in ('FAILED', 'RETRYING')`;

/**
 * Of every delivery the last change: of three changes one, for room on the disk. A record tells of the two of an event, as
 * when they end together; its positions follow from the event's number, so that some are left out between.
 */
const changes = (sql: Sql, { from, to }: Range) => sql`
  insert into signalbox.feed (project_id, first, last, at, items)
  select project_id, 2 * n + 1, 2 * n + 2, to_timestamp(ms / 1000.0), json_agg(json_build_object('kind', 'DELIVERY', 'id', id,
    'eventId', event_id, 'hookId', hook_id, 'state', json_build_object('status', status, 'attemptCount', 1, 'maxAttempts', 4,
      'nextAttemptAt', null, 'completedAt', null, 'lastError', null)))
  from bench.try(${from}, ${to}) group by project_id, n, ms`;

/** The statements that fill the tables that grow, each with the rows of these events. */
export const filling = [events, ended, waiting, attempts, changes];

/** Where the feeds are, once they are filled. */
export const setHeads = (sql: Sql) => sql`
  update signalbox.heads h set head = greatest(head, (select coalesce(max(last), 0) from signalbox.feed f
    where f.project_id = h.project_id))`;
