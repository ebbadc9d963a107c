import type { Sql } from "../../../src/db/connection/client.ts";

/** Of the rows that are fewer: what is scheduled, actions and presses, runs, resources, replays, and all counters. */
export async function fillFew(sql: Sql, world: { workflowId: string; events: number }) {
  const { workflowId, events } = world;
  await sql`
    insert into signalbox.events (project_id, id, type, name, content_type, origin, occurred_at, scheduled_for, due_at,
      received_at, status, config_version)
    select projects[1], bench.id((start_ms + n * 1000)::bigint, n, 3), 'grown.t' || n % 50, 'Later ' || n, 'TEXT', 'API',
      now(), now() + n * interval '20 minutes', case when n % 2 = 0 then now() + n * interval '20 minutes' end,
      to_timestamp(start_ms / 1000 + n), case when n % 2 = 0 then 'SCHEDULED' else 'CANCELLED' end, null
    from bench.world, generate_series(1, least(2000, ${events}::int / 100)) as n`;
  // One event in 50 has two buttons, of which one was pressed.
  await sql`
    insert into signalbox.actions (project_id, id, event_id, position, key, url, button_text, external, expire_in,
      expires_at, repeat, style, status)
    select f.project_id, bench.id(f.ms, 2 * f.n + i, 4), f.event_id, i, 'key' || i, 'https://example.com/press', 'Press',
      true, 60, to_timestamp(f.ms / 1000.0 + 3600), false, 'DEFAULT', case i when 0 then 'COMPLETE' else 'PENDING' end
    from bench.fact(0, ${events}) f, generate_series(0, 1) as i where f.n % 50 = 2`;
  await sql`
    insert into signalbox.presses (project_id, id, action_id, status, pressed_by, key_id, pressed_at, finished_at)
    select f.project_id, bench.id(f.ms, f.n, 5), bench.id(f.ms, 2 * f.n, 4), 'SUCCEEDED', 'bench', f.project_id,
      to_timestamp(f.ms / 1000.0), to_timestamp(f.ms / 1000.0)
    from bench.fact(0, ${events}) f where f.n % 50 = 2`;
  await sql`
    insert into signalbox.workflow_runs (project_id, id, workflow_id, version, event_id, user_id, status, created_at,
      started_at, stopped_at)
    select f.project_id, bench.id(f.ms, f.n, 6), ${workflowId}, 1, f.event_id, 'user ' || f.n % 100,
      case when f.n % 1000 = 4 then 'FAILED' else 'SUCCEEDED' end, to_timestamp(f.ms / 1000.0),
      to_timestamp(f.ms / 1000.0), to_timestamp(f.ms / 1000.0)
    from bench.fact(0, ${events}) f where f.n % 50 = 4 and f.project_no = 0`;
  await sql`
    insert into signalbox.step_runs (project_id, run_id, position, status, output, stopped_at)
    select project_id, id, 0, 'SUCCEEDED', '{"status":200,"response":"ok"}', stopped_at from signalbox.workflow_runs`;
  await sql`
    insert into signalbox.resources (project_id, id, type, resource_id, attributes)
    select projects[1], bench.id((start_ms + n)::bigint, n, 7), 'tickets', n::text, '{"title":"A ticket"}'
    from bench.world, generate_series(1, least(20000, ${events}::int / 10)) as n`;
  await sql`
    insert into signalbox.replays (project_id, id, filter, status, matched, created, finished_at)
    select projects[1], bench.id((start_ms + n)::bigint, n, 8), '{}', 'DONE', 100, 100, now()
    from bench.world, generate_series(1, 100) as n`;
  await sql`
    insert into signalbox.hook_hours (project_id, hook_id, hour, succeeded, failed, retried)
    select projects[1 + (h - 1) / 100], hooks[h], date_trunc('hour', now(), 'UTC') - ago * interval '1 hour', 300, 3,
      case when h % 50 = 0 then 1000 else 3 end
    from bench.world, generate_series(1, 500) as h, generate_series(0, 167) as ago`;
  await sql`
    insert into signalbox.project_minutes (project_id, minute, accepted, delivered, failed)
    select unnest(projects), date_trunc('minute', now(), 'UTC') - ago * interval '1 minute', 100, 200, 2
    from bench.world, generate_series(0, 2879) as ago on conflict do nothing`;
  // As counted from the feed: two days of minutes and a month of hours, of the project, its hooks and its types.
  await sql`
    insert into signalbox.statistics (project_id, scope, subject, step, at, accepted, succeeded, failed, retried,
      latencies, answers)
    select projects[1], scope, subject, step, date_trunc(step, now(), 'UTC') - ago * ('1 ' || step)::interval, 100, 99,
      1, 1, '{"4":20,"8":40,"12":30,"24":9}', '{"200":99,"503":2}'
    from bench.world,
      lateral (select 'PROJECT' as scope, '' as subject
        union all select 'HOOK', hooks[h]::text from generate_series(1, 100) as h
        union all select 'TYPE', 'grown.t' || kind from generate_series(0, 49) as kind) as subjects,
      lateral (select 'MINUTE' as step, ago from generate_series(0, 2879) as ago
        union all select 'HOUR', ago from generate_series(0, 719) as ago) as steps
    on conflict do nothing`;
  await sql`
    insert into signalbox.statistics_positions (project_id, position, at)
    select project_id, head, now() from signalbox.heads
    on conflict (project_id) do update set position = excluded.position, at = excluded.at`;
  await sql`update signalbox.hook_stats set triggered_count = 100000, succeeded_count = 99000, failed_count = 1000`;
}
