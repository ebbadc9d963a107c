-- What drizzle cannot say. PARTITION BY, in the file before, is by hand, too.
ALTER SEQUENCE signalbox.changes_position_seq OWNED BY signalbox.changes.position;--> statement-breakpoint
-- The first range of each table that is cut into ranges, and what is beyond all others (src/db/ranges.ts). Those to come
-- are made by workers; the first reaches three days ahead, so that there is a place for all until one comes.
DO $$
DECLARE
  v_cut record;
  v_ahead uuid := rpad(lpad(to_hex((extract(epoch FROM date_trunc('day', now(), 'UTC')) * 1000)::bigint
    + 3 * 86400000::bigint), 12, '0'), 32, '0')::uuid;
BEGIN
  FOR v_cut IN SELECT * FROM (VALUES ('events', 70), ('deliveries', 60), ('attempts', 100)) AS x(name, fillfactor) LOOP
    EXECUTE format('CREATE TABLE signalbox.%I PARTITION OF signalbox.%I FOR VALUES FROM (MINVALUE) TO (%L) '
      'WITH (fillfactor = %s)', v_cut.name || '_first', v_cut.name, v_ahead, v_cut.fillfactor);
    EXECUTE format('CREATE TABLE signalbox.%I PARTITION OF signalbox.%I DEFAULT WITH (fillfactor = %s)',
      v_cut.name || '_beyond', v_cut.name, v_cut.fillfactor);
    EXECUTE format('ALTER TABLE signalbox.%I ENABLE ROW LEVEL SECURITY', v_cut.name || '_first');
    EXECUTE format('ALTER TABLE signalbox.%I ENABLE ROW LEVEL SECURITY', v_cut.name || '_beyond');
  END LOOP;
END
$$;--> statement-breakpoint
-- Of each range: they are cut by `event_id`, which a key of the whole would need.
ALTER TABLE signalbox.deliveries_first ADD PRIMARY KEY (project_id, id);--> statement-breakpoint
ALTER TABLE signalbox.deliveries_beyond ADD PRIMARY KEY (project_id, id);--> statement-breakpoint
CREATE TABLE signalbox.changes_first PARTITION OF signalbox.changes FOR VALUES FROM (MINVALUE) TO (4294967296);--> statement-breakpoint
ALTER TABLE signalbox.changes_first ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
-- Room for HOT updates.
ALTER TABLE signalbox.hook_stats SET (fillfactor = 50);--> statement-breakpoint
ALTER TABLE signalbox.locks SET (fillfactor = 50);--> statement-breakpoint
-- By which texts are compared in any case, whatever the server's locale is: the first of these that it has. With the
-- last, which is for a PostgreSQL before 17 that was built without ICU, letters beyond ASCII are compared as they are.
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
-- Advisory locks can be held by every role of the database. What only the hub may hold is a lock of a table, or of a
-- row, that nobody else has a right on (src/db/locks.ts names them all).
COMMENT ON TABLE signalbox.feed_lock IS
  'Always empty. Whoever writes changes locks it, in SHARE UPDATE EXCLUSIVE mode, to the end of the transaction.';--> statement-breakpoint
COMMENT ON TABLE signalbox.locks IS
  'Whoever has locked a row does what it names alone: by the id of a hook its claims, else the work of one process. '
  'key: the advisory lock of the session that does it, a random number anew each time.';--> statement-breakpoint
INSERT INTO signalbox.locks (name) VALUES ('projects'), ('reconciler'), ('statistics'), ('ranges');--> statement-breakpoint
CREATE FUNCTION signalbox.keep_hook_lock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN DELETE FROM signalbox.locks WHERE name = OLD.id::text;
  ELSE INSERT INTO signalbox.locks (name) VALUES (NEW.id::text) ON CONFLICT DO NOTHING; END IF;
  RETURN NULL;
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.keep_hook_lock() IS 'A hook has its row in signalbox.locks for as long as it is there.';--> statement-breakpoint
CREATE TRIGGER keep_hook_lock AFTER INSERT OR DELETE ON signalbox.hooks FOR EACH ROW
  EXECUTE FUNCTION signalbox.keep_hook_lock();--> statement-breakpoint
CREATE FUNCTION signalbox.held_by_hub(key bigint) RETURNS boolean LANGUAGE sql AS $$
  SELECT bool_or(has_table_privilege(a.usesysid, 'signalbox.locks', 'update'))
  FROM pg_locks l JOIN pg_stat_activity a USING (pid)
  WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (l.classid::bigint << 32 | l.objid::bigint) = key
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.held_by_hub(bigint) IS
  'Whether a session that may write the hub''s tables holds an advisory lock; null when nobody does.';--> statement-breakpoint
CREATE FUNCTION signalbox.lock_feed() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  LOCK TABLE signalbox.feed_lock IN SHARE UPDATE EXCLUSIVE MODE;
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.lock_feed() IS
  'Takes the feed lock to the end of the transaction: position order is commit order.';--> statement-breakpoint
CREATE FUNCTION signalbox.enter_feed(ids uuid[], versions bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- Before the feed lock: whoever waits for that one has these, so that a range that is being taken away keeps nobody
  -- waiting who holds it.
  LOCK TABLE ONLY signalbox.events, ONLY signalbox.deliveries IN ROW EXCLUSIVE MODE;
  PERFORM signalbox.lock_feed();
  -- A statement of its own: it sees what was committed while the lock was waited for.
  IF EXISTS (SELECT FROM unnest(ids, versions) AS planned(id, version)
    JOIN signalbox.projects p ON p.id = planned.id AND p.config_version <> planned.version) THEN
    RAISE EXCEPTION 'the configuration of a project has changed meanwhile' USING ERRCODE = 'SB001';
  END IF;
  PERFORM pg_notify('signalbox', '');
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.enter_feed(uuid[], bigint[]) IS
  'Takes the feed lock to the end of the transaction, refuses (SB001) a write that was planned under another '
  'config_version of a project, and wakes the listeners at commit.';--> statement-breakpoint
CREATE FUNCTION signalbox.uuid7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
  -- RFC 9562: 48 bits of milliseconds over a random UUID, version 7. (PostgreSQL has its own from 18 on.)
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
      event.context_id, event.step_uuid) = 7
    AND coalesce(event.data::text::jsonb, 'null') = coalesce(data, 'null')
    AND NOT EXISTS (SELECT FROM signalbox.actions a
      WHERE a.project_id = event.project_id AND a.event_id = event.id);
EXCEPTION WHEN untranslatable_character OR numeric_value_out_of_range THEN
  -- "\u0000" or 1e999999, which json keeps and jsonb refuses: the SQL door cannot have been given it.
  RETURN false;
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.same_body(signalbox.events, text, jsonb, text) IS
  'Whether an event of the API says what signalbox.emit() was given, and nothing beside: the same idempotency key '
  'then stands for it.';--> statement-breakpoint
CREATE FUNCTION signalbox.emit(type text, data jsonb DEFAULT NULL, project text DEFAULT NULL,
  user_id text DEFAULT NULL, idempotency_key text DEFAULT NULL)
RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  v_project signalbox.projects;
  v_id uuid := signalbox.uuid7();
  v_found signalbox.idempotency_keys;
  v_fingerprint text :=
    encode(sha256(convert_to(jsonb_build_array(type, data, user_id)::text, 'UTF8')), 'hex');
  v_control text := '[\u0001-\u001f\u007f-\u009f\u2028\u2029]';
  v_seen text := '[^\s\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]';
  -- What cannot be seen or changes the direction of text; in a type also what may join letters and emoji.
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
      WHERE k.project_id = v_project.id AND k.key = idempotency_key;
    IF v_found.event_id <> v_id THEN
      IF v_found.fingerprint = v_fingerprint OR EXISTS (SELECT FROM signalbox.events e
        WHERE e.project_id = v_project.id AND e.id = v_found.event_id
          AND signalbox.same_body(e, type, data, user_id)) THEN
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

  -- Matched, checked against its schema and put into the feed by the job: the feed lock must not be held for
  -- as long as the caller's transaction lasts.
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
  'Emits an event within the caller''s transaction: it commits and rolls back with it. Gives back the event''s id. '
  'project: slug or id, the oldest when absent; data: at most 256 KiB; idempotency_key: kept 24 h.';--> statement-breakpoint
CREATE FUNCTION signalbox.note_event_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN INSERT INTO signalbox.range_moves VALUES (OLD.id);
  ELSE INSERT INTO signalbox.range_moves VALUES (NEW.id); END IF;
  RETURN NULL;
END
$$;--> statement-breakpoint
CREATE FUNCTION signalbox.note_delivery_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN INSERT INTO signalbox.range_moves VALUES (OLD.event_id);
  ELSE INSERT INTO signalbox.range_moves VALUES (NEW.event_id); END IF;
  RETURN NULL;
END
$$;--> statement-breakpoint
CREATE FUNCTION signalbox.note_attempt_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN INSERT INTO signalbox.range_moves VALUES (OLD.delivery_id);
  ELSE INSERT INTO signalbox.range_moves VALUES (NEW.delivery_id); END IF;
  RETURN NULL;
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.note_event_move() IS
  'Notes, in a table that is there for as long, which rows change while what is to stay of an old range is copied.';--> statement-breakpoint
-- The reader may use the schema, and is to call none of its functions; other roles have their own grants of emit().
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA signalbox FROM PUBLIC;
