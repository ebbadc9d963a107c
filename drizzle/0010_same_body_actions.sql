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
EXCEPTION WHEN untranslatable_character THEN
  -- "\u0000", which json keeps and jsonb refuses: the SQL door cannot have been given it.
  RETURN false;
END
$$;
