-- Before PostgreSQL 17 a table cut into ranges cannot have an identity column.
DO $$
DECLARE
  v_next bigint;
BEGIN
  SELECT CASE WHEN is_called THEN last_value + 1 ELSE last_value END INTO v_next FROM signalbox.changes_position_seq;
  ALTER TABLE signalbox.changes ALTER COLUMN position DROP IDENTITY;
  CREATE SEQUENCE signalbox.changes_position_seq AS bigint;
  PERFORM setval('signalbox.changes_position_seq', v_next, false);
  ALTER TABLE signalbox.changes ALTER COLUMN position SET DEFAULT nextval('signalbox.changes_position_seq');
END
$$;--> statement-breakpoint
DROP TRIGGER known_format ON signalbox.deliveries;--> statement-breakpoint
-- Its argument is of the type of a table that gets another name.
DROP FUNCTION signalbox.same_body;--> statement-breakpoint
-- Each table becomes the first range of one that is cut into ranges, and that range has no bounds: nothing is
-- rewritten, no index is built, no row is looked at. The hub gives it bounds later (makeRanges.ts).
DO $$
DECLARE
  v_cut record;
  v_old record;
  v_first text;
  v_statements text[];
  v_statement text;
BEGIN
  FOR v_cut IN SELECT * FROM (VALUES
    ('events', 'id'), ('deliveries', 'event_id'), ('attempts', 'delivery_id'), ('changes', 'position')) AS x(name, key)
  LOOP
    v_first := v_cut.name || '_first';
    -- What the whole is to have, as it was of the table. The key of a delivery stays one of each range.
    SELECT array_agg(statement) INTO v_statements FROM (
      SELECT format('ALTER TABLE signalbox.%I ADD CONSTRAINT %I %s', v_cut.name, conname, pg_get_constraintdef(oid))
        AS statement
      FROM pg_constraint
      WHERE conrelid = format('signalbox.%I', v_cut.name)::regclass AND contype IN ('p', 'u')
        AND NOT (v_cut.name = 'deliveries' AND contype = 'p')
      UNION ALL
      SELECT pg_get_indexdef(indexrelid) FROM pg_index i
      WHERE indrelid = format('signalbox.%I', v_cut.name)::regclass
        AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.conrelid = i.indrelid)
      UNION ALL
      SELECT format('GRANT %s ON signalbox.%I TO %s', privilege_type, v_cut.name,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
      FROM pg_class, aclexplode(relacl) WHERE oid = format('signalbox.%I', v_cut.name)::regclass AND grantee <> relowner
    ) x;

    EXECUTE format('ALTER TABLE signalbox.%I RENAME TO %I', v_cut.name, v_first);
    FOR v_old IN SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      WHERE i.indrelid = format('signalbox.%I', v_first)::regclass
    LOOP
      EXECUTE format('ALTER INDEX signalbox.%I RENAME TO %I', v_old.name, v_old.name || '_first');
    END LOOP;
    -- Nobody comes to a range but by the whole.
    FOR v_old IN SELECT DISTINCT grantee FROM pg_class, aclexplode(relacl)
      WHERE oid = format('signalbox.%I', v_first)::regclass AND grantee <> relowner
    LOOP
      EXECUTE format('REVOKE ALL ON signalbox.%I FROM %s', v_first,
        CASE v_old.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(v_old.grantee)) END);
    END LOOP;
    EXECUTE format('DROP POLICY own_project ON signalbox.%I', v_first);

    EXECUTE format('CREATE TABLE signalbox.%I (LIKE signalbox.%I INCLUDING DEFAULTS) PARTITION BY RANGE (%I)',
      v_cut.name, v_first, v_cut.key);
    EXECUTE format('ALTER TABLE signalbox.%I ENABLE ROW LEVEL SECURITY', v_cut.name);
    EXECUTE format('CREATE POLICY own_project ON signalbox.%I FOR SELECT TO public '
      'USING (project_id = nullif(current_setting(''signalbox.project'', true), '''')::uuid)', v_cut.name);
    FOREACH v_statement IN ARRAY v_statements LOOP
      EXECUTE v_statement;
    END LOOP;
    EXECUTE format('ALTER TABLE signalbox.%I ATTACH PARTITION signalbox.%I FOR VALUES FROM (MINVALUE) TO (MAXVALUE)',
      v_cut.name, v_first);
  END LOOP;
END
$$;--> statement-breakpoint
ALTER SEQUENCE signalbox.changes_position_seq OWNED BY signalbox.changes.position;--> statement-breakpoint
-- Room for HOT updates of what is written from now on.
ALTER TABLE signalbox.events_first SET (fillfactor = 70);--> statement-breakpoint
ALTER TABLE signalbox.deliveries_first SET (fillfactor = 60);--> statement-breakpoint
CREATE TRIGGER known_format BEFORE UPDATE OF lease_token ON signalbox.deliveries FOR EACH ROW
  WHEN (OLD.lease_token IS NULL AND NEW.lease_token IS NOT NULL
    AND NEW.format NOT IN ('CLOUD_EVENT', 'CLOUD_EVENT_STRUCTURED', 'CLOUD_EVENT_BINARY', 'EVENT'))
  EXECUTE FUNCTION signalbox.claim_known_format();--> statement-breakpoint
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
EXCEPTION WHEN untranslatable_character THEN
  -- "\u0000", which json keeps and jsonb refuses: the SQL door cannot have been given it.
  RETURN false;
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.same_body(signalbox.events, text, jsonb, text) IS
  'Whether an event of the API says what signalbox.emit() was given, and nothing beside: the same idempotency key '
  'then stands for it.';--> statement-breakpoint
CREATE FUNCTION signalbox.refuse_delete_by_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('signalbox.ranges', true) IS DISTINCT FROM 'on' THEN
    RAISE EXCEPTION 'signalbox.deliveries is cut into ranges, and its rows are not to be deleted by their place'
      USING HINT = 'A ctid is unique within one range only. To delete by id: set signalbox.ranges = on.';
  END IF;
  RETURN NULL;
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.refuse_delete_by_place() IS
  'Refuses deletes of sessions that do not say that they know of the ranges (signalbox.ranges = on): while an upgrade '
  'rolls, processes of an older version run beside, and their retention deletes deliveries by ctid, which is that of '
  'other deliveries, too, in the other ranges.';--> statement-breakpoint
CREATE TRIGGER by_place BEFORE DELETE ON signalbox.deliveries FOR EACH STATEMENT
  EXECUTE FUNCTION signalbox.refuse_delete_by_place();--> statement-breakpoint
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
CREATE OR REPLACE FUNCTION signalbox.enter_feed(ids uuid[], versions bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- Before the feed lock: whoever waits for that one has these, so that a range that is being taken away keeps nobody
  -- waiting who holds it.
  LOCK TABLE ONLY signalbox.events, ONLY signalbox.deliveries IN ROW EXCLUSIVE MODE;
  PERFORM pg_advisory_xact_lock(7274);
  -- A statement of its own: it sees what was committed while the lock was waited for.
  IF EXISTS (SELECT FROM unnest(ids, versions) AS planned(id, version)
    JOIN signalbox.projects p ON p.id = planned.id AND p.config_version <> planned.version) THEN
    RAISE EXCEPTION 'the configuration of a project has changed meanwhile' USING ERRCODE = 'SB001';
  END IF;
  PERFORM pg_notify('signalbox', '');
END
$$;--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION signalbox.same_body, signalbox.refuse_delete_by_place, signalbox.note_event_move,
  signalbox.note_delivery_move, signalbox.note_attempt_move FROM PUBLIC;
