-- Room for HOT updates: an event changes its status once or twice, a delivery and a counter many times.
ALTER TABLE signalbox.events SET (fillfactor = 85);--> statement-breakpoint
ALTER TABLE signalbox.deliveries SET (fillfactor = 70);--> statement-breakpoint
ALTER TABLE signalbox.hook_stats SET (fillfactor = 50);--> statement-breakpoint
CREATE FUNCTION signalbox.uuid7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
  -- RFC 9562: 48 bits of milliseconds over a random UUID, version 7. (PostgreSQL has its own from 18 on.)
  SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    PLACING substring(int8send(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
    FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.uuid7() IS 'A new UUIDv7 (RFC 9562).';--> statement-breakpoint
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
  v_control text := '[\u0001-\u001f\u007f-\u009f]';
BEGIN
  IF type IS NULL OR type = '' THEN
    RAISE EXCEPTION 'field ''type'' is required' USING ERRCODE = 'invalid_parameter_value';
  ELSIF length(type) > 200 OR type ~ v_control THEN
    RAISE EXCEPTION 'field ''type'' must have at most 200 characters and no control characters'
      USING ERRCODE = 'invalid_parameter_value';
  ELSIF octet_length(data::text) > 262144 THEN
    RAISE EXCEPTION 'data may take 262144 bytes (256 KiB) as JSON at most, this takes %', octet_length(data::text)
      USING ERRCODE = 'invalid_parameter_value';
  ELSIF jsonb_path_exists(data, 'strict $.**{64} ? (@.type() == "object" || @.type() == "array")') THEN
    RAISE EXCEPTION 'data may be nested 64 levels deep at most' USING ERRCODE = 'invalid_parameter_value';
  ELSIF length(user_id) NOT BETWEEN 1 AND 200 OR user_id ~ v_control THEN
    RAISE EXCEPTION 'user_id must have 1 to 200 characters and no control characters'
      USING ERRCODE = 'invalid_parameter_value';
  ELSIF length(idempotency_key) NOT BETWEEN 1 AND 255 OR idempotency_key ~ v_control THEN
    RAISE EXCEPTION 'idempotency_key must have 1 to 255 characters and no control characters'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;

  SELECT p.* INTO v_project FROM signalbox.projects p
    WHERE project IS NULL OR p.slug = project OR p.id::text = project ORDER BY p.created_at, p.id LIMIT 1;
  IF v_project.id IS NULL THEN
    RAISE EXCEPTION 'no project ''%''; name one by its slug or id', project USING ERRCODE = 'no_data_found';
  END IF;
  IF v_project.require_registered_types AND NOT EXISTS (SELECT FROM signalbox.event_types t
    WHERE t.project_id = v_project.id AND t.name = type AND t.archived_at IS NULL) THEN
    RAISE EXCEPTION 'unknown type: ''%''', type USING ERRCODE = 'invalid_parameter_value';
  END IF;

  IF idempotency_key IS NOT NULL THEN
    INSERT INTO signalbox.idempotency_keys (project_id, key, fingerprint, event_id)
      VALUES (v_project.id, idempotency_key, v_fingerprint, v_id) ON CONFLICT DO NOTHING;
    SELECT k.* INTO v_found FROM signalbox.idempotency_keys k
      WHERE k.project_id = v_project.id AND k.key = idempotency_key;
    IF v_found.event_id <> v_id AND v_found.fingerprint = v_fingerprint THEN
      RETURN v_found.event_id;
    ELSIF v_found.event_id <> v_id THEN
      RAISE EXCEPTION 'idempotency key ''%'' was used before with another body', idempotency_key
        USING ERRCODE = 'unique_violation';
    END IF;
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
  'project: slug or id, the oldest when absent; data: at most 256 KiB; idempotency_key: kept 24 h.';
