CREATE FUNCTION signalbox.require_versions(ids uuid[], versions bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM unnest(ids, versions) AS planned(id, version)
    JOIN signalbox.projects p ON p.id = planned.id AND p.config_version <> planned.version) THEN
    RAISE EXCEPTION 'the configuration of a project has changed meanwhile' USING ERRCODE = 'SB001';
  END IF;
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.require_versions(uuid[], bigint[]) IS
  'Raises SB001 when a project''s config_version is not the one a write was planned under.';
