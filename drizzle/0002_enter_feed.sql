CREATE FUNCTION signalbox.enter_feed(ids uuid[], versions bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(7274);
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
  'config_version of a project, and wakes the listeners at commit.';
