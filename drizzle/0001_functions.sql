-- Everything that drizzle cannot express. PARTITION BY in 0000_tables.sql is written by hand, too. Each partitioned
-- table gets a first and a default partition (src/db/retention/partitions.ts). Workers create the others. The first one
-- ends three days ahead, so that all rows have a place until a worker runs.
DO $$
DECLARE
  v_table record;
  v_ahead uuid := rpad(lpad(to_hex((extract(epoch FROM date_trunc('day', now(), 'UTC')) * 1000)::bigint
    + 3 * 86400000::bigint), 12, '0'), 32, '0')::uuid;
BEGIN
  FOR v_table IN SELECT * FROM (VALUES ('events', 70), ('ended_deliveries', 100), ('earlier_attempts', 100)) AS x(name, fillfactor) LOOP
    EXECUTE format('CREATE TABLE signalbox.%I PARTITION OF signalbox.%I FOR VALUES FROM (MINVALUE) TO (%L) '
      'WITH (fillfactor = %s)', v_table.name || '_first', v_table.name, v_ahead, v_table.fillfactor);
    EXECUTE format('CREATE TABLE signalbox.%I PARTITION OF signalbox.%I DEFAULT WITH (fillfactor = %s)',
      v_table.name || '_default', v_table.name, v_table.fillfactor);
    EXECUTE format('ALTER TABLE signalbox.%I ENABLE ROW LEVEL SECURITY', v_table.name || '_first');
    EXECUTE format('ALTER TABLE signalbox.%I ENABLE ROW LEVEL SECURITY', v_table.name || '_default');
  END LOOP;
END
$$;--> statement-breakpoint
-- A key per partition: a key of the whole table would need the partition key `event_id`.
ALTER TABLE signalbox.ended_deliveries_first ADD PRIMARY KEY (project_id, id);--> statement-breakpoint
ALTER TABLE signalbox.ended_deliveries_default ADD PRIMARY KEY (project_id, id);--> statement-breakpoint
DO $$
BEGIN
  EXECUTE format('CREATE TABLE signalbox.feed_first PARTITION OF signalbox.feed FOR VALUES FROM (MINVALUE) TO (%L)',
    date_trunc('day', now(), 'UTC') + interval '3 days');
  CREATE TABLE signalbox.feed_default PARTITION OF signalbox.feed DEFAULT;
  ALTER TABLE signalbox.feed_first ENABLE ROW LEVEL SECURITY;
  ALTER TABLE signalbox.feed_default ENABLE ROW LEVEL SECURITY;
END
$$;--> statement-breakpoint
-- Room for HOT updates.
ALTER TABLE signalbox.hook_stats SET (fillfactor = 50);--> statement-breakpoint
ALTER TABLE signalbox.locks SET (fillfactor = 50);--> statement-breakpoint
ALTER TABLE signalbox.queue SET (fillfactor = 60);--> statement-breakpoint
ALTER TABLE signalbox.heads SET (fillfactor = 10);--> statement-breakpoint
-- The collation for comparing texts in any case, independent of the server's locale: the first of these that exists.
-- The last one is for a PostgreSQL before 17 built without ICU: it compares letters outside ASCII as they are.
DO $$
DECLARE
  v_best name;
BEGIN
  SELECT collname INTO v_best FROM pg_catalog.pg_collation
    WHERE collnamespace = 'pg_catalog'::regnamespace AND collname IN ('pg_c_utf8', 'und-x-icu', 'C.utf8', 'C')
      AND collencoding IN (-1, pg_char_to_encoding(getdatabaseencoding()))
    ORDER BY array_position(array['pg_c_utf8', 'und-x-icu', 'C.utf8', 'C']::name[], collname) LIMIT 1;
  EXECUTE format('CREATE COLLATION signalbox.any_case FROM pg_catalog.%I', v_best);
END $$;--> statement-breakpoint
-- Every role of the database can hold advisory locks. So locks that only the hub may hold are locks on a table or row
-- that nobody else has rights on (src/db/connection/locks.ts names them all).
COMMENT ON TABLE signalbox.locks IS
  'Locks for tasks that one session does at a time: it locks the row that names the task. key: the session''s advisory '
  'lock, a new random number each time.';--> statement-breakpoint
INSERT INTO signalbox.locks (name) VALUES ('projects'), ('reconciler'), ('statistics'), ('partitions');--> statement-breakpoint
CREATE FUNCTION signalbox.held_by_hub(key bigint) RETURNS boolean LANGUAGE sql AS $$
  SELECT bool_or(has_table_privilege(a.usesysid, 'signalbox.locks', 'update'))
  FROM pg_locks l JOIN pg_stat_activity a USING (pid)
  WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (l.classid::bigint << 32 | l.objid::bigint) = key
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.held_by_hub(bigint) IS
  'Whether a session whose role may write the hub''s tables holds an advisory lock; null if nobody holds it.';--> statement-breakpoint
-- Waiting deliveries are in a small, hot table, ended ones in another that is written once. These views show both as
-- one.
CREATE VIEW signalbox.deliveries WITH (security_invoker = true) AS
  SELECT project_id, id, event_id, hook_id, format, status, attempt_count, max_attempts, due_at, lease_worker, lease_token,
    lease_until, unknown_count, NULL::timestamptz AS completed_at, last_error, replay_of, replay_number, run_id,
    step_position, created_at, order_key, order_seq
  FROM signalbox.queue
  UNION ALL
  SELECT project_id, id, event_id, hook_id, format, status, attempt_count, max_attempts, NULL, NULL, NULL,
    NULL, unknown_count, completed_at, last_error, replay_of, replay_number, run_id, step_position, created_at, order_key,
    order_seq
  FROM signalbox.ended_deliveries;--> statement-breakpoint
COMMENT ON VIEW signalbox.deliveries IS
  'Every delivery: waiting ones (queue) and ended ones (ended_deliveries).';--> statement-breakpoint
CREATE VIEW signalbox.attempts WITH (security_invoker = true) AS
  SELECT project_id, delivery_id, number, started_at, elapsed_ms, outcome, status_code, error, remote_address,
    request_headers, response_headers, response_body, response_truncated
  FROM signalbox.earlier_attempts
  UNION ALL
  SELECT project_id, id, attempt_count, started_at, elapsed_ms, outcome, status_code, error, remote_address,
    request_headers, response_headers, response_body, response_truncated
  FROM signalbox.ended_deliveries WHERE outcome IS NOT NULL;--> statement-breakpoint
COMMENT ON VIEW signalbox.attempts IS
  'Every attempt. The attempt that ended a delivery is in the delivery''s row, the others are in earlier_attempts.';--> statement-breakpoint
CREATE VIEW signalbox.changes WITH (security_invoker = true) AS
  SELECT f.project_id, f.first + i.ordinal - 1 AS position, i.item->>'kind' AS kind, (i.item->>'id')::uuid AS entity_id,
    coalesce(i.item->>'eventId', CASE i.item->>'kind' WHEN 'EVENT' THEN i.item->>'id' END)::uuid AS event_id, (i.item->>'hookId')::uuid AS hook_id,
    coalesce((i.item->>'created')::boolean, false) AS created, i.item->'state' AS state, f.at
  FROM signalbox.feed f CROSS JOIN LATERAL json_array_elements(f.items) WITH ORDINALITY AS i(item, ordinal);--> statement-breakpoint
COMMENT ON VIEW signalbox.changes IS 'The feed with one row per change.';--> statement-breakpoint

CREATE FUNCTION signalbox.publish(p_project uuid, p_items json) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_count integer := json_array_length(p_items);
  v_at timestamptz;
  v_head bigint;
BEGIN
  IF v_count > 0 THEN
    UPDATE signalbox.heads SET head = head + v_count WHERE project_id = p_project RETURNING head INTO STRICT v_head;
    v_at := clock_timestamp();
    INSERT INTO signalbox.feed (project_id, last, first, at, items)
    VALUES (p_project, v_head, v_head - v_count + 1, v_at, p_items);
  END IF;
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.publish(uuid, json) IS
  'Appends a record to a project''s feed. The row of signalbox.heads stays locked until the end of the transaction, so '
  'positions are dense and in commit order.';--> statement-breakpoint

CREATE FUNCTION signalbox.event_item(id uuid, status text, type text, context_id text, origin text) RETURNS json
LANGUAGE sql STABLE AS $$
  SELECT json_build_object('kind', 'EVENT', 'id', id,
    'state', json_build_object('status', status, 'type', type, 'contextId', context_id, 'origin', origin))
$$;--> statement-breakpoint

CREATE FUNCTION signalbox.complete_events(p_project uuid, p_events uuid[]) RETURNS json[] LANGUAGE plpgsql AS $$
DECLARE
  v_items json[];
  -- A redundant bound on the partition key: with an array alone a generic plan does not prune partitions.
  v_least uuid := (SELECT x FROM unnest(p_events) x ORDER BY x LIMIT 1);
  v_greatest uuid := (SELECT x FROM unnest(p_events) x ORDER BY x DESC LIMIT 1);
BEGIN
  WITH completed AS (
    UPDATE signalbox.events e SET status = CASE
      WHEN EXISTS (SELECT FROM signalbox.ended_deliveries d
          WHERE d.project_id = p_project AND d.event_id = e.id AND d.run_id IS NULL
            AND d.status IN ('FAILED', 'QUARANTINED') AND d.replay_number = (
              SELECT max(n.replay_number) FROM signalbox.ended_deliveries n
              WHERE n.project_id = p_project AND n.event_id = e.id AND n.hook_id = d.hook_id))
        OR EXISTS (SELECT FROM signalbox.workflow_runs r
          WHERE r.project_id = p_project AND r.event_id = e.id AND r.status = 'FAILED' AND NOT r.superseded)
      THEN 'FAILED' ELSE 'PROCESSED' END
    WHERE e.project_id = p_project AND e.id = ANY (p_events) AND e.id BETWEEN v_least AND v_greatest
      AND e.status = 'DISPATCHED'
      AND (SELECT true FROM signalbox.queue q
        WHERE q.project_id = p_project AND q.event_id = e.id LIMIT 1) IS NULL
      AND (SELECT true FROM signalbox.workflow_runs r WHERE r.project_id = p_project AND r.event_id = e.id
        AND r.status IN ('QUEUED', 'RUNNING') LIMIT 1) IS NULL
    RETURNING e.id, e.status, e.type, e.context_id, e.origin
  )
  SELECT array_agg(signalbox.event_item(id, status, type, context_id, origin)) INTO v_items FROM completed;
  RETURN v_items;
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.complete_events(uuid, uuid[]) IS
  'Ends those events whose deliveries and runs have all ended. Of replayed deliveries the last one counts, and of a '
  'workflow its latest run. Returns their feed items. The caller has locked the project''s head, so that two '
  'transactions that each end one of an event''s last deliveries see each other.';--> statement-breakpoint

CREATE FUNCTION signalbox.enter_feed(p_project uuid, p_version bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM signalbox.heads
  WHERE project_id = p_project AND (p_version IS NULL OR config_version = p_version) FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the configuration of a project has changed meanwhile' USING ERRCODE = 'SB001';
  END IF;
  PERFORM pg_notify('signalbox', '');
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.enter_feed(uuid, bigint) IS
  'Locks a project''s head until the end of the transaction, fails (SB001) if the work was planned under another config '
  'version, and wakes the listeners at commit.';--> statement-breakpoint

CREATE FUNCTION signalbox.hook_item(id uuid, status text, status_reason text) RETURNS json LANGUAGE sql STABLE AS $$
  SELECT json_build_object('kind', 'HOOK', 'id', id, 'hookId', id,
    'state', json_build_object('status', status, 'statusReason', status_reason))
$$;--> statement-breakpoint

CREATE TYPE signalbox.moved_delivery AS (id uuid, event_id uuid, hook_id uuid, run_id uuid, status text);
--> statement-breakpoint

CREATE FUNCTION signalbox.count_outcomes(p_project uuid, p_moved signalbox.moved_delivery[], p_now timestamptz)
RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
  v_hooks uuid[];
  v_succeeded integer[];
  v_failed integer[];
  v_gone integer[];
  v_retried integer[];
  v_failing uuid[];
BEGIN
  SELECT array_agg(id), array_agg(succeeded), array_agg(failed), array_agg(gone), array_agg(retried)
  INTO v_hooks, v_succeeded, v_failed, v_gone, v_retried
  FROM (SELECT m.hook_id, count(*) FILTER (WHERE m.status = 'SUCCEEDED')::integer,
      count(*) FILTER (WHERE m.status = 'FAILED')::integer,
      count(*) FILTER (WHERE m.status = 'GONE')::integer,
      count(*) FILTER (WHERE m.status IN ('RETRYING', 'PARKED'))::integer
    FROM unnest(p_moved) m GROUP BY 1) x(id, succeeded, failed, gone, retried);
  -- Each row is found by its key: a join's plan may read all rows for each.
  WITH counted AS (
    UPDATE signalbox.hook_stats SET
      succeeded_count = succeeded_count + v_succeeded[array_position(v_hooks, hook_id)],
      failed_count = failed_count + v_failed[array_position(v_hooks, hook_id)]
    WHERE project_id = p_project AND hook_id = ANY (v_hooks)
      AND v_succeeded[array_position(v_hooks, hook_id)] + v_failed[array_position(v_hooks, hook_id)] > 0
    RETURNING hook_id, failures > 0 OR is_told AS was_failing
  )
  SELECT coalesce(array_agg(hook_id) FILTER (WHERE was_failing), '{}') INTO v_failing FROM counted;
  INSERT INTO signalbox.hook_hours AS h (project_id, hook_id, hour, succeeded, failed, retried)
  SELECT p_project, x.id, date_trunc('hour', p_now, 'UTC'), x.succeeded, x.failed + x.gone, x.retried
  FROM unnest(v_hooks, v_succeeded, v_failed, v_gone, v_retried) x(id, succeeded, failed, gone, retried)
  ON CONFLICT (project_id, hook_id, hour) DO UPDATE SET succeeded = h.succeeded + excluded.succeeded,
    failed = h.failed + excluded.failed, retried = h.retried + excluded.retried;
  INSERT INTO signalbox.project_minutes AS m (project_id, minute, delivered, failed)
  SELECT p_project, date_trunc('minute', p_now, 'UTC'), sum(x.succeeded), sum(x.failed + x.gone)
  FROM unnest(v_succeeded, v_failed, v_gone) x(succeeded, failed, gone)
  ON CONFLICT (project_id, minute) DO UPDATE SET delivered = m.delivered + excluded.delivered,
    failed = m.failed + excluded.failed;
  RETURN v_failing;
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.count_outcomes IS
  'Counts the outcomes of these deliveries'' attempts per hook and hour, and per project and minute. Returns the hooks '
  'among them that were failing before. The caller has locked the project''s head.';--> statement-breakpoint

CREATE FUNCTION signalbox.judge_hook(p_project uuid, p_hook uuid, p_moved signalbox.moved_delivery[], p_verdicts json,
  p_now timestamptz)
RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  v_was signalbox.hook_stats;
  v_is signalbox.hook_stats;
  v_hook record;
  v_one record;
  v_last timestamptz;
  v_is_reported boolean := false;
  v_is_judged boolean := false;
  v_has_succeeded boolean := false;
  v_is_due boolean := false;
  v_way double precision;
BEGIN
  -- Locked, for a claim may take a probe at the same time.
  SELECT * INTO v_was FROM signalbox.hook_stats WHERE project_id = p_project AND hook_id = p_hook FOR NO KEY UPDATE;
  IF NOT FOUND OR v_was.health = 'DISABLED' THEN RETURN NULL; END IF;
  v_is := v_was;
  FOR v_one IN SELECT x.* FROM json_to_recordset(p_verdicts) AS x(id uuid, "hookId" uuid, token uuid, verdict text,
      "endedAt" timestamptz, "holdMs" double precision, "isReported" boolean)
    WHERE x."hookId" = p_hook AND x.id IN (SELECT m.id FROM unnest(p_moved) m) ORDER BY x."endedAt"
  LOOP
    v_is_judged := true;
    IF v_one.verdict = 'SUCCEEDED' THEN
      v_has_succeeded := true;
      v_is.failures := 0;
      v_is.failing_since := NULL;
      v_is.health := 'HEALTHY';
    ELSIF v_one.verdict = 'FAILED' THEN
      v_is.failures := v_is.failures + 1;
      v_is.failing_since := coalesce(v_is.failing_since, v_one."endedAt");
      v_last := v_one."endedAt";
      v_is_reported := v_one."isReported";
    ELSIF v_one.verdict = 'HELD' THEN
      v_is.held_until := greatest(v_is.held_until, p_now + v_one."holdMs" * interval '1 millisecond');
    END IF;
    IF v_one.token = v_is.probe_token THEN
      v_is.probe_token := NULL;
      v_is.probe_at := p_now;
      IF v_one.verdict = 'FAILED' THEN
        v_is.probes := least(v_is.probes + 1, 6);
        v_is.probe_at := p_now + least(5 * 2 ^ v_is.probes, 300) * interval '1 second';
      END IF;
    END IF;
  END LOOP;
  IF NOT v_is_judged THEN
    -- There are verdicts only where something went wrong.
    v_has_succeeded := EXISTS (SELECT FROM unnest(p_moved) m WHERE m.hook_id = p_hook AND m.status = 'SUCCEEDED');
    IF NOT v_has_succeeded THEN RETURN NULL; END IF;
    v_is.failures := 0;
    v_is.failing_since := NULL;
    v_is.health := 'HEALTHY';
  END IF;
  IF v_is.health <> 'OPEN' THEN
    v_is.health := CASE
      WHEN v_is.failures >= 10 AND v_last - v_is.failing_since >= interval '30 seconds' THEN 'OPEN'
      WHEN v_is.failures >= 5 THEN 'FAILING' ELSE 'HEALTHY' END;
    v_is.probes := 0;
    v_is.probe_token := NULL;
    v_is.probe_at := CASE v_is.health WHEN 'OPEN' THEN p_now + interval '5 seconds' END;
  END IF;
  IF v_is.health <> v_was.health THEN v_is.health_since := p_now; END IF;
  SELECT h.name, h.url, h.status, h.status_reason, h.disable_after_failures, h.disable_after_hours INTO v_hook
  FROM signalbox.hooks h WHERE h.project_id = p_project AND h.id = p_hook;
  IF v_is.failures = 0 THEN
    v_is.warned := 0;
  ELSIF v_last IS NOT NULL AND v_hook.disable_after_failures IS NOT NULL THEN
    v_way := least(v_is.failures::double precision / v_hook.disable_after_failures,
      CASE v_hook.disable_after_hours WHEN 0 THEN 1
        ELSE extract(epoch FROM v_last - v_is.failing_since) / 3600 / v_hook.disable_after_hours END);
    v_is_due := v_way >= 1 AND v_hook.status = 'ACTIVE';
    v_is.warned := greatest(v_is.warned, CASE WHEN v_way >= 0.9 THEN 90 WHEN v_way >= 0.5 THEN 50 ELSE 0 END);
  END IF;
  v_is.is_told := NOT (v_has_succeeded AND v_is.health = 'HEALTHY')
    AND (v_was.is_told OR v_is.health <> 'HEALTHY' AND v_is_reported);
  UPDATE signalbox.hook_stats SET health = v_is.health, health_since = v_is.health_since, failures = v_is.failures,
    failing_since = v_is.failing_since, probe_at = v_is.probe_at, probe_token = v_is.probe_token, probes = v_is.probes,
    held_until = v_is.held_until, warned = v_is.warned, is_told = v_is.is_told
  WHERE project_id = p_project AND hook_id = p_hook;
  IF v_is.health = 'OPEN' OR v_is.held_until > coalesce(v_was.held_until, '-infinity') THEN
    UPDATE signalbox.heads SET held_until
      = greatest(held_until, CASE v_is.health WHEN 'OPEN' THEN 'infinity' ELSE v_is.held_until END)
    WHERE project_id = p_project;
  ELSIF v_was.health = 'OPEN' THEN
    UPDATE signalbox.heads SET held_until = (
      SELECT max(CASE s.health WHEN 'OPEN' THEN 'infinity' ELSE s.held_until END) FROM signalbox.hook_stats s
      WHERE s.project_id = p_project)
    WHERE project_id = p_project;
  END IF;
  IF v_is.health <> v_was.health THEN
    PERFORM signalbox.publish(p_project, json_build_array(json_build_object('kind', 'HOOK', 'id', p_hook, 'hookId', p_hook,
      'state', json_build_object('status', v_hook.status, 'statusReason', v_hook.status_reason, 'health', v_is.health,
        'healthSince', v_is.health_since))));
  ELSIF v_is.warned <= v_was.warned AND NOT v_is_due AND NOT (v_was.is_told AND NOT v_is.is_told) THEN
    RETURN NULL;
  END IF;
  RETURN json_build_object('hookId', p_hook, 'name', v_hook.name, 'url', v_hook.url, 'was', v_was.health,
    'health', v_is.health, 'since', v_is.health_since, 'failures', v_is.failures, 'failingSince', v_is.failing_since,
    'warned', CASE WHEN v_is.warned > v_was.warned THEN v_is.warned END, 'isDue', v_is_due,
    'isReported', v_is_reported,
    'hasRecovered', v_was.is_told AND NOT v_is.is_told);
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.judge_hook IS
  'Applies the attempts that ended to the health of their hook: failed ones in a row make it FAILING (5) and OPEN (10 '
  'over 30 s), any success makes it HEALTHY. While it is OPEN, one delivery is sent at probe_at: 5 s after it opened, then '
  'at twice the interval each time, up to 5 min. Returns what changed, or null. The caller has locked the project''s '
  'head.';--> statement-breakpoint

CREATE FUNCTION signalbox.end_deliveries(p_project uuid, p_ids uuid[], p_status text, p_now timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  WITH gone AS (
    DELETE FROM signalbox.queue WHERE project_id = p_project AND id = ANY (p_ids) RETURNING *
  )
  INSERT INTO signalbox.ended_deliveries (project_id, id, event_id, hook_id, format, status, attempt_count, max_attempts,
    unknown_count, completed_at, last_error, replay_of, replay_number, run_id, step_position, created_at, order_key,
    order_seq)
  SELECT project_id, id, event_id, hook_id, format, p_status, attempt_count, max_attempts, unknown_count, p_now, last_error,
    replay_of, replay_number, run_id, step_position, created_at, order_key, order_seq
  FROM gone;
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.end_deliveries IS
  'Ends waiting deliveries without an attempt: CANCELLED or QUARANTINED.';--> statement-breakpoint

CREATE FUNCTION signalbox.advance_keys(p_project uuid, p_hooks uuid[], p_keys text[]) RETURNS uuid[] LANGUAGE plpgsql
AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
  v_first record;
  v_due uuid;
  v_released uuid[] := '{}';
BEGIN
  FOR i IN 1 .. cardinality(p_hooks) LOOP
    SELECT q.id, q.status, q.due_at INTO v_first FROM signalbox.queue q
    WHERE q.project_id = p_project AND q.hook_id = p_hooks[i] AND q.order_key = p_keys[i] AND q.order_seq IS NOT NULL
    ORDER BY q.order_seq, q.id LIMIT 1;
    CONTINUE WHEN NOT FOUND OR v_first.due_at IS NOT NULL OR v_first.status = 'PARKED';
    CONTINUE WHEN EXISTS (SELECT FROM signalbox.blocked_keys b
      WHERE b.project_id = p_project AND b.hook_id = p_hooks[i] AND b.key = p_keys[i]);
    -- A later one whose turn it was gives it back, unless it is in flight or being claimed.
    SELECT q.id INTO v_due FROM signalbox.queue q
    WHERE q.project_id = p_project AND q.hook_id = p_hooks[i] AND q.order_key = p_keys[i] AND q.order_seq IS NOT NULL
      AND q.due_at IS NOT NULL AND q.lease_token IS NULL FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
      UPDATE signalbox.queue SET due_at = NULL WHERE project_id = p_project AND id = v_due;
    END IF;
    CONTINUE WHEN EXISTS (SELECT FROM signalbox.queue q
      WHERE q.project_id = p_project AND q.hook_id = p_hooks[i] AND q.order_key = p_keys[i] AND q.order_seq IS NOT NULL
        AND q.due_at IS NOT NULL);
    UPDATE signalbox.queue SET due_at = v_now WHERE project_id = p_project AND id = v_first.id;
    v_released := v_released || p_hooks[i];
  END LOOP;
  RETURN v_released;
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.advance_keys IS
  'Makes the first open delivery of each of these keys due, unless another one is in flight, the key is blocked, or it '
  'is PARKED. The caller has locked the project''s head, so that nobody adds or ends one unseen. Returns the hooks of '
  'those that became due.';--> statement-breakpoint

CREATE FUNCTION signalbox.advance_keys_of(p_project uuid, p_deliveries uuid[]) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
  v_hooks uuid[];
  v_keys text[];
BEGIN
  -- Not one statement: Citus would run it on a node, where it can't call a function that reads tables.
  SELECT array_agg(k.hook_id), array_agg(k.order_key) INTO v_hooks, v_keys FROM (
    SELECT DISTINCT q.hook_id, q.order_key FROM signalbox.queue q
    WHERE q.project_id = p_project AND q.id = ANY (p_deliveries) AND q.order_seq IS NOT NULL) k;
  IF v_hooks IS NULL THEN
    RETURN '{}';
  END IF;
  RETURN signalbox.advance_keys(p_project, v_hooks, v_keys);
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.advance_keys_of IS 'The same for the keys of these waiting deliveries.';--> statement-breakpoint

CREATE FUNCTION signalbox.leave_order(p_project uuid, p_moved signalbox.moved_delivery[], OUT released uuid[],
  OUT items json[]) LANGUAGE plpgsql AS $$
DECLARE
  v_ids uuid[] := ARRAY(SELECT m.id FROM unnest(p_moved) m);
  -- Redundant bounds on the partition key.
  v_least uuid := (SELECT m.event_id FROM unnest(p_moved) m ORDER BY 1 LIMIT 1);
  v_greatest uuid := (SELECT m.event_id FROM unnest(p_moved) m ORDER BY 1 DESC LIMIT 1);
  v_left record;
  v_hooks uuid[] := '{}';
  v_keys text[] := '{}';
  v_blocked uuid[] := '{}';
BEGIN
  FOR v_left IN
    SELECT d.hook_id, d.order_key, d.id, d.event_id,
      d.status IN ('FAILED', 'QUARANTINED') AND h.status <> 'DELETED' AND h.on_order_failure = 'BLOCK' AS is_blocking
    FROM signalbox.ended_deliveries d CROSS JOIN LATERAL (
      SELECT * FROM signalbox.hooks h WHERE h.project_id = p_project AND h.id = d.hook_id OFFSET 0) h
    WHERE d.project_id = p_project AND d.id = ANY (v_ids) AND d.event_id BETWEEN v_least AND v_greatest
      AND d.order_seq IS NOT NULL
    UNION ALL
    SELECT q.hook_id, q.order_key, q.id, q.event_id, false FROM signalbox.queue q
    WHERE q.project_id = p_project AND q.id = ANY (v_ids) AND q.order_key IS NOT NULL AND q.order_seq IS NULL
  LOOP
    IF v_left.is_blocking THEN
      INSERT INTO signalbox.blocked_keys (project_id, hook_id, key, delivery_id, event_id, since)
      VALUES (p_project, v_left.hook_id, v_left.order_key, v_left.id, v_left.event_id, clock_timestamp())
      ON CONFLICT DO NOTHING;
      v_blocked := v_blocked || v_left.hook_id;
    ELSE
      v_hooks := v_hooks || v_left.hook_id;
      v_keys := v_keys || v_left.order_key;
    END IF;
  END LOOP;
  released := signalbox.advance_keys(p_project, v_hooks, v_keys);
  items := ARRAY(SELECT signalbox.hook_item(h.id, h.status, h.status_reason) FROM signalbox.hooks h
    WHERE h.project_id = p_project AND h.id = ANY (v_blocked));
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.leave_order IS
  'What follows for the keys of deliveries that have ended or lost their place: the next one is due, or the key is '
  'blocked. Returns the hooks with something due and the feed items of hooks with a blocked key. The caller has locked '
  'the project''s head.';--> statement-breakpoint

CREATE FUNCTION signalbox.enter_order(p_project uuid, p_order json, p_first bigint, p_now timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_matched uuid[] := ARRAY(SELECT json_array_elements_text(p_order->'matched')::uuid);
  v_hook record;
BEGIN
  INSERT INTO signalbox.order_gates (project_id, event_id, place, hook_ids)
  SELECT p_project, g.event_id, g.number + (
    SELECT coalesce(max(place), 0) FROM signalbox.order_gates WHERE project_id = p_project), g.hook_ids
  FROM ROWS FROM (json_to_recordset(p_order->'gates') AS ("eventId" uuid, "hookIds" uuid[])) WITH ORDINALITY
    AS g(event_id, hook_ids, number);
  FOR v_hook IN
    SELECT d."hookId" AS id, max(coalesce(own.place, 9223372036854775807)) AS place
    FROM json_to_recordset(p_order->'deliveries') AS d("eventId" uuid, "hookId" uuid)
    LEFT JOIN signalbox.order_gates own ON own.project_id = p_project AND own.event_id = d."eventId"
    GROUP BY 1
  LOOP
    IF EXISTS (SELECT FROM signalbox.order_gates g
      WHERE g.project_id = p_project AND g.place < v_hook.place AND g.event_id <> ALL (v_matched)
        AND (g.hook_ids IS NULL OR v_hook.id = ANY (g.hook_ids))) THEN
      RAISE EXCEPTION 'an earlier event is not matched yet' USING ERRCODE = 'SB003';
    END IF;
  END LOOP;
  INSERT INTO signalbox.queue (project_id, id, event_id, hook_id, format, status, max_attempts, due_at, created_at,
    order_key, order_seq)
  SELECT p_project, d.id, d."eventId", d."hookId", d.format, d.status, d."maxAttempts",
    CASE WHEN d.status = 'PENDING' AND row_number() OVER (PARTITION BY d."hookId", d.key ORDER BY d.number) = 1
      AND (SELECT q.id FROM signalbox.queue q WHERE q.project_id = p_project AND q.hook_id = d."hookId"
        AND q.order_key = d.key AND q.order_seq IS NOT NULL ORDER BY q.order_seq LIMIT 1) IS NULL
      AND NOT EXISTS (SELECT FROM signalbox.blocked_keys b
        WHERE b.project_id = p_project AND b.hook_id = d."hookId" AND b.key = d.key) THEN p_now END,
    p_now, d.key, p_first + d.number
  FROM json_to_recordset(p_order->'deliveries') AS d(id uuid, "eventId" uuid, "hookId" uuid, format text, status text,
    "maxAttempts" smallint, key text, number integer);
  DELETE FROM signalbox.order_gates WHERE project_id = p_project AND event_id = ANY (v_matched);
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.enter_order IS
  'Stores deliveries with a key, each with its place: the position of its feed item. p_order.gates: events accepted now '
  'that are matched later; p_order.matched: such events of before, matched now. Fails (SB003) if an earlier event that '
  'is not matched yet may have a delivery of the same hook. The caller has locked the project''s head.';
--> statement-breakpoint

CREATE FUNCTION signalbox.accept(p_project uuid, p_version bigint, p_events json, p_deliveries json, p_hooks uuid[],
  p_counts integer[], p_accepted integer, p_worker uuid, p_token uuid, p_items json, p_keys json,
  p_order json)
RETURNS TABLE (at timestamptz, held uuid[]) LANGUAGE plpgsql AS $$
DECLARE
  v_now timestamptz := now();
  v_is_any_held boolean;
  v_held uuid[];
  v_claimed integer;
  v_count integer := json_array_length(p_items);
  v_at timestamptz;
  v_head bigint;
BEGIN
  IF p_keys IS NOT NULL THEN
    -- In key order: two transactions that claim the same keys then wait in one direction only. The wait is short: a
    -- transaction that emitted with a key through signalbox.emit() may stay open.
    PERFORM set_config('lock_timeout', '50ms', true);
    INSERT INTO signalbox.idempotency_keys (project_id, scope, key, fingerprint, event_id)
    SELECT p_project, k.scope, k.key, k.fingerprint, k."eventId"
    FROM json_to_recordset(p_keys) AS k(scope text, key text, fingerprint text, "eventId" uuid)
    ORDER BY k.scope, k.key, k."eventId"
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS v_claimed = ROW_COUNT;
    IF v_claimed < json_array_length(p_keys) THEN
      RAISE EXCEPTION 'an idempotency key is taken' USING ERRCODE = 'SB002';
    END IF;
    PERFORM set_config('lock_timeout', '0', true);
  END IF;
  INSERT INTO signalbox.events (project_id, id, type, type_version, data, name, avatar, category, content_type, content,
    user_id, subject_type, subject_id, context_id, step_uuid, idempotency_key, uid, channels, tags, origin, cause_id,
    only_hook_id, trace, status, config_version, occurred_at, scheduled_for, due_at, received_at, changed, broadcast,
    target_hook_id)
  SELECT p_project, id, type, "typeVersion", data::json, name, avatar, category, "contentType", content::json,
    "userId", "subjectType", "subjectId", "contextId", "stepUuid", "idempotencyKey", uid, channels, tags, origin, "causeId",
    "onlyHookId", trace, status, "configVersion", coalesce("occurredAt", v_now), "scheduledFor",
    CASE WHEN "configVersion" IS NULL THEN "scheduledFor" END, v_now, changed, broadcast, "targetHookId"
  FROM json_to_recordset(p_events) AS e(id uuid, type text, "typeVersion" integer, data text, name text, avatar text,
    category text, "contentType" text, content text, "userId" text, "subjectType" text, "subjectId" text,
    "contextId" text, "stepUuid" text, "idempotencyKey" text, uid text, channels text[], tags text[], origin text,
    "causeId" uuid, "onlyHookId" uuid, trace text, status text, "configVersion" bigint, "occurredAt" timestamptz,
    "scheduledFor" timestamptz, changed text[], broadcast boolean, "targetHookId" uuid);
  IF p_deliveries IS NOT NULL THEN
    INSERT INTO signalbox.queue (project_id, id, event_id, hook_id, format, status, max_attempts, due_at, attempt_count,
      lease_worker, lease_token, lease_until, created_at)
    SELECT p_project, id, "eventId", "hookId", format, status, "maxAttempts",
      CASE status WHEN 'PENDING' THEN v_now END, CASE WHEN "leaseMs" IS NULL THEN 0 ELSE 1 END,
      CASE WHEN "leaseMs" IS NOT NULL THEN p_worker END, CASE WHEN "leaseMs" IS NOT NULL THEN p_token END,
      v_now + "leaseMs" * interval '1 millisecond', v_now
    FROM json_to_recordset(p_deliveries) AS d(id uuid, "eventId" uuid, "hookId" uuid, format text, status text,
      "maxAttempts" smallint, "leaseMs" integer);
  END IF;
  UPDATE signalbox.heads SET head = head + v_count
  WHERE project_id = p_project AND config_version = p_version RETURNING head, held_until > v_now INTO v_head, v_is_any_held;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the configuration of a project has changed meanwhile' USING ERRCODE = 'SB001';
  END IF;
  IF p_order IS NOT NULL THEN
    PERFORM signalbox.enter_order(p_project, p_order, v_head - v_count + 1, v_now);
  END IF;
  v_at := clock_timestamp();
  IF v_count > 0 THEN
    INSERT INTO signalbox.feed (project_id, last, first, at, items)
    VALUES (p_project, v_head, v_head - v_count + 1, v_at, p_items);
  END IF;
  -- Counters change under the lock of the head. Each row is looked up by its key: a join's plan would read all rows for
  -- each.
  IF p_counts IS NULL THEN
    UPDATE signalbox.hook_stats SET triggered_count = triggered_count + 1, last_triggered_at = v_now
    WHERE project_id = p_project AND hook_id = ANY (p_hooks);
  ELSE
    FOR i IN 1 .. cardinality(p_hooks) LOOP
      UPDATE signalbox.hook_stats SET triggered_count = triggered_count + p_counts[i], last_triggered_at = v_now
      WHERE project_id = p_project AND hook_id = p_hooks[i];
    END LOOP;
  END IF;
  IF v_is_any_held AND p_token IS NOT NULL THEN
    v_held := ARRAY(SELECT s.hook_id FROM signalbox.hook_stats s
      WHERE s.project_id = p_project AND s.hook_id = ANY (p_hooks) AND (s.health = 'OPEN' OR s.held_until > v_now));
  END IF;
  IF cardinality(v_held) > 0 THEN
    UPDATE signalbox.queue SET attempt_count = 0, lease_worker = NULL, lease_token = NULL, lease_until = NULL
    WHERE project_id = p_project AND lease_token = p_token AND id = ANY (ARRAY(
      SELECT d.id FROM json_to_recordset(p_deliveries) AS d(id uuid, "hookId" uuid) WHERE d."hookId" = ANY (v_held)));
  END IF;
  IF p_accepted > 0 THEN
    INSERT INTO signalbox.project_minutes AS m (project_id, minute, accepted)
    VALUES (p_project, date_trunc('minute', v_now, 'UTC'), p_accepted)
    ON CONFLICT (project_id, minute) DO UPDATE SET accepted = m.accepted + excluded.accepted;
  END IF;
  RETURN QUERY SELECT v_now, v_held;
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.accept IS
  'Step 1 of 3 in an event''s life: stores events of a project with their deliveries and their feed record. Deliveries '
  'with "leaseMs" are claimed for p_worker at once, under p_token. p_hooks: the hooks of the deliveries; p_counts: '
  'deliveries per hook, null if each has one; p_accepted: how many events count as accepted; p_order: deliveries with a '
  'key (enter_order). Fails if the work was planned under another config version (SB001), an idempotency key is taken '
  '(SB002) or an earlier event is not matched yet (SB003). Returns the time of acceptance, and the hooks that may not be '
  'sent to now: their deliveries were not claimed.';--> statement-breakpoint

CREATE FUNCTION signalbox.claim(p_project uuid, p_hooks uuid[], p_takes integer[], p_in_flight integer[],
  p_places integer[], p_workers integer, p_suspect boolean, p_is_settled boolean, p_lease_margin_ms integer,
  p_worker uuid, p_token uuid)
RETURNS TABLE ("hookId" uuid, version bigint, take integer, "rateAheadMs" double precision, "nextDueMs" double precision,
  "hasSuspect" boolean, "heldMs" double precision, "isProbe" boolean, "deliveryId" uuid, "eventId" uuid, attempt smallint,
  "maxAttempts" smallint, "isReplay" boolean, format text, "claimedAt" timestamptz, type text, data text, "occurredAt" timestamptz,
  "scheduledFor" timestamptz, "stepUuid" text, "userId" text, "contextId" text, "subjectType" text, "subjectId" text,
  origin text, trace text, resource text, "runId" uuid, "position" smallint, request text, "isOrdered" boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz := now();
  v_hook record;
  v_take integer;
  v_ahead double precision;
  v_ids uuid[];
  v_found integer := 0;
  v_is_any_held boolean;
  v_is_open boolean;
  v_held_until timestamptz;
  v_held_ms double precision;
  v_has_probe boolean := false;
BEGIN
  SELECT f.held_until > v_now INTO v_is_any_held FROM signalbox.heads f WHERE f.project_id = p_project;
  FOR i IN 1 .. cardinality(p_hooks) LOOP
    SELECT h.timeout_ms, h.max_in_flight, h.rate_tat,
      least(h.rate_limit_per_second::double precision, h.allowed_per_minute / 60::double precision) AS rate
    INTO v_hook FROM signalbox.hooks h
    WHERE h.project_id = p_project AND h.id = p_hooks[i] AND h.status = 'ACTIVE';
    CONTINUE WHEN NOT FOUND;
    -- This worker's current share of the hook's max_in_flight, whatever it assumed before
    -- (src/worker/delivery/peers.ts).
    v_take := CASE WHEN p_suspect AND v_found > 0 THEN 0 ELSE greatest(0, least(p_takes[i], v_hook.max_in_flight / p_workers
      + (p_places[i] < v_hook.max_in_flight % p_workers)::integer - p_in_flight[i])) END;
    IF NOT p_is_settled THEN
      -- Deliveries in flight were due before the others, so a look at the head of the queue finds them, however long
      -- the queue is.
      v_take := least(v_take, greatest(0, v_hook.max_in_flight - (
        SELECT count(*) FILTER (WHERE head.lease_until > v_now) FROM (
          SELECT q.lease_until FROM signalbox.queue q
          WHERE q.project_id = p_project AND q.hook_id = p_hooks[i] AND q.due_at <= v_now
          ORDER BY q.due_at LIMIT 2 * v_hook.max_in_flight + 64) head)::integer));
    END IF;
    v_held_ms := NULL;
    v_ahead := 0;
    IF v_hook.rate IS NOT NULL THEN
      -- The generic cell rate algorithm (ITU-T I.371), under the row's lock: the rate holds over all processes.
      IF v_has_probe THEN
        -- A finish may hold this row, and wait for the row of the probe.
        SELECT h.rate_tat INTO v_hook.rate_tat FROM signalbox.hooks h
        WHERE h.project_id = p_project AND h.id = p_hooks[i] FOR NO KEY UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
          v_take := 0;
          v_held_ms := 100;
        END IF;
      ELSE
        SELECT h.rate_tat INTO v_hook.rate_tat FROM signalbox.hooks h
        WHERE h.project_id = p_project AND h.id = p_hooks[i] FOR NO KEY UPDATE;
      END IF;
      v_ahead := greatest(0, coalesce(extract(epoch FROM v_hook.rate_tat - v_now) * 1000, 0));
      v_take := CASE WHEN v_ahead > 100 THEN 0
        ELSE least(v_take, floor((100 - v_ahead) * v_hook.rate / 1000)::integer + 1) END;
    END IF;
    v_is_open := false;
    IF v_is_any_held THEN
      SELECT s.health = 'OPEN', greatest(CASE s.health WHEN 'OPEN' THEN s.probe_at END, s.held_until)
      INTO v_is_open, v_held_until FROM signalbox.hook_stats s WHERE s.project_id = p_project AND s.hook_id = p_hooks[i];
      -- The queue of a workflow has no counters.
      v_is_open := coalesce(v_is_open, false);
    END IF;
    IF v_held_until > v_now THEN
      v_take := 0;
      v_held_ms := extract(epoch FROM v_held_until - v_now) * 1000;
    ELSIF v_is_open AND v_take > 0 THEN
      -- One probe at a time over all processes: whoever locks the row takes it. Waiting for the lock could be a deadlock.
      v_take := 1;
      PERFORM FROM signalbox.hook_stats s WHERE s.project_id = p_project AND s.hook_id = p_hooks[i]
        AND s.health = 'OPEN' AND s.probe_at <= v_now FOR NO KEY UPDATE SKIP LOCKED;
      IF FOUND THEN
        v_has_probe := true;
      ELSE
        v_take := 0;
        v_held_ms := 100;
      END IF;
    END IF;
    -- Suspects have an index of their own. The planner only uses it if the condition is written out.
    IF p_suspect THEN
      v_ids := ARRAY(
        SELECT q.id FROM signalbox.queue q
        WHERE q.project_id = p_project AND q.hook_id = p_hooks[i] AND q.due_at <= v_now AND q.lease_token IS NULL
          AND q.unknown_count >= 2
        ORDER BY q.due_at LIMIT least(v_take, 1) FOR UPDATE SKIP LOCKED);
    ELSE
      v_ids := ARRAY(
        SELECT q.id FROM signalbox.queue q
        WHERE q.project_id = p_project AND q.hook_id = p_hooks[i] AND q.due_at <= v_now AND q.lease_token IS NULL
          AND q.unknown_count < 2
        ORDER BY q.due_at LIMIT v_take FOR UPDATE SKIP LOCKED);
    END IF;
    v_found := v_found + cardinality(v_ids);
    IF v_is_open AND cardinality(v_ids) > 0 THEN
      -- Should its process die, the next probe is due when the lease is over, or when the death is noticed.
      v_held_ms := v_hook.timeout_ms * 2 + p_lease_margin_ms;
      UPDATE signalbox.hook_stats s SET probe_token = p_token, probe_at = v_now + v_held_ms * interval '1 millisecond'
      WHERE s.project_id = p_project AND s.hook_id = p_hooks[i];
    END IF;
    IF v_hook.rate IS NOT NULL AND cardinality(v_ids) > 0 THEN
      UPDATE signalbox.hooks h SET rate_tat = greatest(v_hook.rate_tat, v_now)
        + cardinality(v_ids) * interval '1 second' / v_hook.rate
      WHERE h.project_id = p_project AND h.id = p_hooks[i];
    END IF;
    -- The version is read last, so that what the caller then reads about the hook is no older than the claim.
    RETURN QUERY SELECT p_hooks[i], (SELECT config_version FROM signalbox.heads WHERE project_id = p_project), v_take,
      v_ahead,
      (SELECT extract(epoch FROM q.due_at - v_now) * 1000 FROM signalbox.queue q
        WHERE q.project_id = p_project AND q.hook_id = p_hooks[i] AND q.due_at > v_now
        ORDER BY q.due_at LIMIT 1)::double precision,
      v_held_ms IS NULL AND EXISTS (SELECT FROM signalbox.queue q
        WHERE q.project_id = p_project AND q.hook_id = p_hooks[i] AND q.due_at <= v_now AND q.lease_token IS NULL
          AND q.unknown_count >= 2),
      v_held_ms, NULL::boolean, NULL::uuid, NULL::uuid, NULL::smallint, NULL::smallint, NULL::boolean, NULL::text,
      NULL::timestamptz, NULL::text, NULL::text, NULL::timestamptz, NULL::timestamptz, NULL::text, NULL::text,
      NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::uuid, NULL::smallint, NULL::text, NULL::boolean;
    CONTINUE WHEN cardinality(v_ids) = 0;
    RETURN QUERY
      WITH claimed AS (
        UPDATE signalbox.queue q SET attempt_count = q.attempt_count + 1, lease_worker = p_worker,
          lease_token = p_token, lease_until = v_now + (v_hook.timeout_ms * 2 + p_lease_margin_ms) * interval '1 millisecond'
        WHERE q.project_id = p_project AND q.id = ANY (v_ids)
        RETURNING q.*
      )
      SELECT p_hooks[i], NULL::bigint, NULL::integer, NULL::double precision, NULL::double precision, NULL::boolean,
        NULL::double precision, v_is_open, c.id, c.event_id, c.attempt_count, c.max_attempts, c.replay_of IS NOT NULL, c.format, v_now, e.type, e.data::text, e.occurred_at, e.scheduled_for, e.step_uuid, e.user_id, e.context_id, e.subject_type, e.subject_id, e.origin, e.trace,
        CASE c.format WHEN 'RESOURCE' THEN (SELECT r.representation::text FROM signalbox.event_resources r
          WHERE r.project_id = p_project AND r.event_id = c.event_id) END,
        c.run_id, c.step_position,
        CASE c.format WHEN 'STEP' THEN (SELECT s.request FROM signalbox.step_runs s
          WHERE s.project_id = p_project AND s.run_id = c.run_id AND s.position = c.step_position) END,
        c.order_seq IS NOT NULL
      FROM claimed c CROSS JOIN LATERAL (
        SELECT * FROM signalbox.events e WHERE e.project_id = p_project AND e.id = c.event_id OFFSET 0) e;
  END LOOP;
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.claim IS
  'Step 2 of 3, for deliveries that the accepting process did not claim at once: claims due deliveries of a project''s '
  'hooks, oldest first, up to p_takes[i] of p_hooks[i] and within its rate limit. Returns a row with its state for each '
  'ACTIVE hook, followed by a row for each claim. p_suspect: claim one delivery that was in flight at two crashes, '
  'otherwise none of these. p_in_flight: the worker''s deliveries in flight per hook; p_places: its place among the '
  'p_workers that share the hook. p_is_settled: the workers'' shares have settled, so deliveries in flight at others '
  'are not counted. A lease lasts twice the hook''s timeout and p_lease_margin_ms. A hook that may not be sent to now '
  'has "heldMs": until its Retry-After has passed, or until its next probe, of which there is one at a time.';--> statement-breakpoint

CREATE FUNCTION signalbox.delivery_item(id uuid, event_id uuid, hook_id uuid, status text, attempt_count smallint,
  max_attempts smallint, due_at timestamptz, completed_at timestamptz, last_error text, answer smallint) RETURNS json
LANGUAGE sql STABLE AS $$
  SELECT json_build_object('kind', 'DELIVERY', 'id', id, 'eventId', event_id, 'hookId', hook_id, 'state',
    json_build_object('status', status, 'attemptCount', attempt_count, 'maxAttempts', max_attempts,
      'nextAttemptAt', due_at, 'completedAt', completed_at, 'lastError', last_error, 'answer', coalesce(answer, 0)))
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.delivery_item IS
  'The feed item of a delivery after an attempt. answer: its status code, 0 for none; statistics count the items that '
  'have it.';--> statement-breakpoint

CREATE FUNCTION signalbox.finish(p_project uuid, p_ids uuid[], p_tokens uuid[], p_ended json, p_again json,
  p_is_ordered boolean, p_verdicts json)
RETURNS TABLE (id uuid, "runId" uuid, status text, released boolean, change json)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz := clock_timestamp();
  v_moved signalbox.moved_delivery[] := '{}';
  v_items json[] := '{}';
  v_events uuid[];
  v_again record;
  v_final text;
  v_retries smallint;
  v_row signalbox.queue;
  v_order record;
  v_released uuid[] := '{}';
  v_positions integer;
  v_head bigint;
  v_failing uuid[];
  v_hook uuid;
  v_change json;
  v_changes json[] := '{}';
BEGIN
  IF p_ended IS NOT NULL THEN
    -- Each row is found by its key, with its token beside it: a join's plan may read the whole queue for each.
    WITH gone AS (
      DELETE FROM signalbox.queue q WHERE q.project_id = p_project AND q.id = ANY (p_ids)
        AND q.lease_token = p_tokens[array_position(p_ids, q.id)]
      RETURNING q.*
    ), ended AS (
      INSERT INTO signalbox.ended_deliveries AS d (project_id, id, event_id, hook_id, format, status, attempt_count,
        max_attempts, completed_at, last_error, replay_of, replay_number, run_id, step_position, created_at, started_at,
        elapsed_ms, outcome, status_code, error, remote_address, request_headers, response_headers, response_body,
        response_truncated, order_key, order_seq)
      SELECT p_project, g.id, g.event_id, g.hook_id, g.format, x.status, g.attempt_count, g.max_attempts, v_now,
        CASE WHEN x.status <> 'SUCCEEDED' THEN x.error END, g.replay_of, g.replay_number, g.run_id, g.step_position,
        g.created_at, x."startedAt", x."elapsedMs", x.outcome, x."statusCode", x.error, x."remoteAddress",
        x."requestHeaders", x."responseHeaders", x."responseBody", x."responseTruncated", g.order_key, g.order_seq
      FROM gone g JOIN json_to_recordset(p_ended) AS x(id uuid, status text, "startedAt" timestamptz,
        "elapsedMs" integer, outcome text, "statusCode" smallint, error text, "remoteAddress" text,
        "requestHeaders" json, "responseHeaders" json, "responseBody" text, "responseTruncated" boolean) ON x.id = g.id
      RETURNING d.id, d.event_id, d.hook_id, d.run_id, d.status, d.attempt_count, d.max_attempts, d.last_error, d.status_code
    )
    SELECT coalesce(array_agg((e.id, e.event_id, e.hook_id, e.run_id, e.status)::signalbox.moved_delivery), '{}'),
      coalesce(array_agg(signalbox.delivery_item(e.id, e.event_id, e.hook_id, e.status, e.attempt_count, e.max_attempts,
        NULL, v_now, e.last_error, e.status_code)), '{}')
    INTO v_moved, v_items FROM ended e;
  END IF;
  FOR v_again IN SELECT * FROM json_to_recordset(p_again) AS x(id uuid, token uuid, "hookId" uuid, "delayMs" integer,
    free boolean, park boolean, "startedAt" timestamptz, "elapsedMs" integer, outcome text, "statusCode" smallint, error text,
    "remoteAddress" text, "requestHeaders" json, "responseHeaders" json, "responseBody" text,
    "responseTruncated" boolean)
  LOOP
    -- Share-locked, so that a pause or deletion being committed is waited for and seen.
    SELECT CASE WHEN h.status = 'DELETED' THEN 'CANCELLED' WHEN h.status = 'ACTIVE' AND NOT v_again.park THEN 'RETRYING'
      ELSE 'PARKED' END, h.retries INTO v_final, v_retries
    FROM signalbox.hooks h WHERE h.project_id = p_project AND h.id = v_again."hookId" FOR SHARE;
    UPDATE signalbox.queue q SET status = CASE v_final WHEN 'CANCELLED' THEN q.status ELSE v_final END,
      lease_worker = NULL, lease_token = NULL, lease_until = NULL,
      max_attempts = CASE WHEN v_again.park THEN q.attempt_count + v_retries + 1
        ELSE q.max_attempts + v_again.free::integer END,
      order_seq = CASE WHEN NOT v_again.park THEN q.order_seq END,
      last_error = v_again.error, unknown_count = CASE v_again.outcome WHEN 'UNKNOWN' THEN q.unknown_count ELSE 0 END,
      due_at = CASE v_final WHEN 'RETRYING' THEN v_now + v_again."delayMs" * interval '1 millisecond' END
    WHERE q.project_id = p_project AND q.id = v_again.id AND q.lease_token = v_again.token
    RETURNING q.* INTO v_row;
    CONTINUE WHEN NOT FOUND;
    INSERT INTO signalbox.earlier_attempts AS a (project_id, delivery_id, number, started_at, elapsed_ms, outcome,
      status_code, error, remote_address, request_headers, response_headers, response_body, response_truncated)
    VALUES (p_project, v_row.id, v_row.attempt_count, v_again."startedAt", v_again."elapsedMs", v_again.outcome,
      v_again."statusCode", v_again.error, v_again."remoteAddress", v_again."requestHeaders", v_again."responseHeaders",
      v_again."responseBody", v_again."responseTruncated");
    IF v_final = 'CANCELLED' THEN
      PERFORM signalbox.end_deliveries(p_project, ARRAY[v_row.id], 'CANCELLED', v_now);
    END IF;
    v_moved := v_moved || (v_row.id, v_row.event_id, v_row.hook_id, v_row.run_id, v_final)::signalbox.moved_delivery;
    v_items := v_items || signalbox.delivery_item(v_row.id, v_row.event_id, v_row.hook_id, v_final, v_row.attempt_count,
      v_row.max_attempts, CASE v_final WHEN 'RETRYING' THEN v_row.due_at END,
      CASE v_final WHEN 'CANCELLED' THEN v_now END, v_row.last_error, v_again."statusCode");
  END LOOP;
  IF cardinality(v_items) = 0 THEN RETURN; END IF;
  v_events := ARRAY(SELECT DISTINCT m.event_id FROM unnest(v_moved) m WHERE m.status NOT IN ('RETRYING', 'PARKED'));
  -- Positions reserved for the ends of events and for hooks with a blocked key: their number is only known under the lock.
  v_positions := cardinality(v_items) + cardinality(v_events)
    + CASE WHEN p_is_ordered THEN cardinality(v_moved) ELSE 0 END;
  UPDATE signalbox.heads SET head = head + v_positions WHERE project_id = p_project RETURNING head INTO STRICT v_head;
  v_failing := signalbox.count_outcomes(p_project, v_moved, v_now);
  v_items := v_items || signalbox.complete_events(p_project, v_events);
  IF p_is_ordered THEN
    v_order := signalbox.leave_order(p_project, v_moved);
    v_released := v_order.released;
    v_items := v_items || v_order.items;
  END IF;
  INSERT INTO signalbox.feed (project_id, last, first, at, items)
  VALUES (p_project, v_head, v_head - v_positions + 1, clock_timestamp(), array_to_json(v_items));
  IF p_verdicts IS NOT NULL OR cardinality(v_failing) > 0 THEN
    FOR v_hook IN SELECT unnest(v_failing)
      UNION SELECT x."hookId" FROM json_to_recordset(p_verdicts) AS x("hookId" uuid)
    LOOP
      v_change := signalbox.judge_hook(p_project, v_hook, v_moved, p_verdicts, v_now);
      IF v_change IS NOT NULL THEN v_changes := v_changes || v_change; END IF;
    END LOOP;
  END IF;
  RETURN QUERY SELECT m.id, m.run_id, m.status, m.hook_id = ANY (v_released), NULL::json FROM unnest(v_moved) m
    UNION ALL SELECT NULL, NULL, NULL, NULL, c FROM unnest(v_changes) c;
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.finish IS
  'Step 3 of 3: ends deliveries of a project (p_ended) or schedules their next attempt (p_again). Each is fenced by its '
  'claim''s token: p_ids and p_tokens are those of p_ended; p_is_ordered: some of them have a key; p_verdicts: what the '
  'attempts say about their hooks, null when all succeeded. Also stores the attempts, the hooks'' counters and health, the '
  'ends of events and the feed record. Returns the deliveries that moved, whether others of their hook became due by that, '
  'and the changes of hooks'' health. A claim that was taken over moves nothing.';
--> statement-breakpoint
CREATE FUNCTION signalbox.uuid7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
  -- RFC 9562: 48 bits of milliseconds over a random UUID, version 7. (PostgreSQL has its own from version 18 on.)
  SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    PLACING substring(int8send(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
    FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.uuid7() IS 'A new UUIDv7 (RFC 9562).';--> statement-breakpoint
CREATE FUNCTION signalbox.same_body(event signalbox.events, type text, data jsonb, user_id text)
RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN event.type = type AND event.name = type AND event.user_id IS NOT DISTINCT FROM user_id
    AND event.occurred_at = event.received_at AND event.scheduled_for IS NULL AND event.content_type = 'TEXT'
    AND num_nulls(event.avatar, event.category, event.content, event.subject_type, event.subject_id,
      event.context_id, event.step_uuid, event.uid, event.channels, event.tags) = 10
    AND coalesce(event.data::text::jsonb, 'null') = coalesce(data, 'null')
    AND NOT EXISTS (SELECT FROM signalbox.actions a
      WHERE a.project_id = event.project_id AND a.event_id = event.id);
EXCEPTION WHEN untranslatable_character OR numeric_value_out_of_range THEN
  -- "\u0000" or 1e999999, which json keeps and jsonb refuses: signalbox.emit() cannot have received it.
  RETURN false;
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.same_body(signalbox.events, text, jsonb, text) IS
  'Whether an event from the API has exactly the content given to signalbox.emit(). The same idempotency key then '
  'stands for it.';--> statement-breakpoint
CREATE FUNCTION signalbox.emit(type text, data jsonb DEFAULT NULL, project text DEFAULT NULL,
  user_id text DEFAULT NULL, idempotency_key text DEFAULT NULL)
RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  v_project signalbox.projects;
  v_id uuid := signalbox.uuid7();
  v_found signalbox.idempotency_keys;
  v_event signalbox.events;
  v_fingerprint text :=
    encode(sha256(convert_to(jsonb_build_array(type, data, user_id)::text, 'UTF8')), 'hex');
  v_control text := '[\u0001-\u001f\u007f-\u009f\u2028\u2029]';
  v_seen text := '[^\s\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]';
  -- Invisible characters and those that change the text direction. In a type also those that join letters and emoji.
  v_hidden text := '[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e'
    '\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a'
    '\U000e0000-\U000e0060\U000e007b-\U000e007e]';
  v_joining text := '[\u200c\u200d\ufe0e\ufe0f\U000e0061-\U000e007a\U000e007f-\U000e0fff]';
BEGIN
  IF type IS NULL OR type = '' THEN
    RAISE EXCEPTION 'field ''type'' is required' USING ERRCODE = 'invalid_parameter_value';
  ELSIF length(type) > 200 OR type ~ v_control THEN
    RAISE EXCEPTION 'field ''type'' must have at most 200 characters and no control characters'
      USING ERRCODE = 'invalid_parameter_value';
  ELSIF type !~ v_seen THEN
    RAISE EXCEPTION 'field ''type'' must not be blank' USING ERRCODE = 'invalid_parameter_value';
  ELSIF type ~ v_hidden OR type ~ v_joining THEN
    RAISE EXCEPTION 'field ''type'' must not contain what cannot be seen or changes the direction of text'
      USING ERRCODE = 'invalid_parameter_value';
  ELSIF octet_length(data::text) > 262144 THEN
    RAISE EXCEPTION 'data may take 262144 bytes (256 KiB) as JSON at most, this takes %', octet_length(data::text)
      USING ERRCODE = 'invalid_parameter_value';
  ELSIF jsonb_path_exists(data, 'strict $.**{64} ? (@.type() == "object" || @.type() == "array")') THEN
    RAISE EXCEPTION 'data may be nested 64 levels deep at most' USING ERRCODE = 'invalid_parameter_value';
  ELSIF length(user_id) NOT BETWEEN 1 AND 200 OR user_id ~ v_control THEN
    RAISE EXCEPTION 'user_id must have 1 to 200 characters and no control characters'
      USING ERRCODE = 'invalid_parameter_value';
  ELSIF user_id !~ v_seen OR user_id ~ v_hidden THEN
    RAISE EXCEPTION 'user_id must not be blank, and not contain what cannot be seen or changes the direction of text'
      USING ERRCODE = 'invalid_parameter_value';
  ELSIF length(idempotency_key) NOT BETWEEN 1 AND 255 OR idempotency_key ~ v_control THEN
    RAISE EXCEPTION 'idempotency_key must have 1 to 255 characters and no control characters'
      USING ERRCODE = 'invalid_parameter_value';
  ELSIF idempotency_key !~ v_seen OR idempotency_key ~ v_hidden THEN
    RAISE EXCEPTION 'idempotency_key must not be blank, and not contain what cannot be seen or changes the direction of text'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;

  SELECT p.* INTO v_project FROM signalbox.projects p
    WHERE project IS NULL OR p.slug = project OR p.id::text = project ORDER BY p.created_at, p.id LIMIT 1;
  IF v_project.id IS NULL THEN
    RAISE EXCEPTION 'no project ''%''; name one by its slug or id', project USING ERRCODE = 'no_data_found';
  END IF;
  IF idempotency_key IS NOT NULL THEN
    INSERT INTO signalbox.idempotency_keys (project_id, key, fingerprint, event_id)
      VALUES (v_project.id, idempotency_key, v_fingerprint, v_id) ON CONFLICT DO NOTHING;
    SELECT k.* INTO v_found FROM signalbox.idempotency_keys k
      WHERE k.project_id = v_project.id AND k.scope = '' AND k.key = idempotency_key;
    IF v_found.event_id <> v_id THEN
      SELECT e.* INTO v_event FROM signalbox.events e WHERE e.project_id = v_project.id AND e.id = v_found.event_id;
      -- An erased event has an empty one.
      IF v_found.fingerprint IN (v_fingerprint, '') OR FOUND AND signalbox.same_body(v_event, type, data, user_id) THEN
        RETURN v_found.event_id;
      END IF;
      RAISE EXCEPTION 'idempotency key ''%'' was used before with another body', idempotency_key
        USING ERRCODE = 'unique_violation';
    END IF;
  END IF;

  IF v_project.require_registered_types AND NOT EXISTS (SELECT FROM signalbox.event_types t
    WHERE t.project_id = v_project.id AND t.name = type AND t.archived_at IS NULL) THEN
    RAISE EXCEPTION 'unknown type: ''%''', type USING ERRCODE = 'invalid_parameter_value';
  END IF;

  -- A job matches the event, checks it against its schema and writes it to the feed: the project's head must not be
  -- locked for as long as the caller's transaction lasts.
  INSERT INTO signalbox.events (project_id, id, type, data, name, content_type, user_id, idempotency_key, origin,
    occurred_at, received_at, status)
  VALUES (v_project.id, v_id, type, data::text::json, type, 'TEXT', user_id, idempotency_key, 'SQL',
    clock_timestamp(), clock_timestamp(), 'STAGED');
  PERFORM graphile_worker.add_job('dispatch',
    json_build_object('projectId', v_project.id, 'eventIds', json_build_array(v_id)));
  RETURN v_id;
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.emit(text, jsonb, text, text, text) IS
  'Emits an event in the caller''s transaction: it commits or rolls back with it. Returns the event''s id. project: '
  'slug or id, the oldest if null; data: at most 256 KiB; idempotency_key: kept 24 h.';--> statement-breakpoint
CREATE FUNCTION signalbox.note_event_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN INSERT INTO signalbox.partition_moves VALUES (OLD.id);
  ELSE INSERT INTO signalbox.partition_moves VALUES (NEW.id); END IF;
  RETURN NULL;
END
$$;--> statement-breakpoint
CREATE FUNCTION signalbox.note_delivery_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN INSERT INTO signalbox.partition_moves VALUES (OLD.event_id);
  ELSE INSERT INTO signalbox.partition_moves VALUES (NEW.event_id); END IF;
  RETURN NULL;
END
$$;--> statement-breakpoint
CREATE FUNCTION signalbox.note_attempt_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN INSERT INTO signalbox.partition_moves VALUES (OLD.delivery_id);
  ELSE INSERT INTO signalbox.partition_moves VALUES (NEW.delivery_id); END IF;
  RETURN NULL;
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.note_event_move() IS
  'Records in partition_moves which rows change while the rows to keep of an old partition are copied.';--> statement-breakpoint
-- The reader may use the schema but must not call its functions. Other roles have their own grants of emit().
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA signalbox FROM PUBLIC;
