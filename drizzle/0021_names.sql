CREATE OR REPLACE FUNCTION signalbox.same_body(event signalbox.events, type text, data jsonb, user_id text)
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
CREATE OR REPLACE FUNCTION signalbox.emit(type text, data jsonb DEFAULT NULL, project text DEFAULT NULL,
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
$$;
