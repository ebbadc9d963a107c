CREATE FUNCTION signalbox.claim_known_format() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.format = ANY (string_to_array(current_setting('signalbox.formats', true), ',')) THEN
    RETURN NEW;
  END IF;
  RETURN NULL;
END
$$;--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION signalbox.claim_known_format() FROM PUBLIC;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.claim_known_format() IS
  'Leaves a delivery unclaimed whose format the claiming session does not say that it knows (signalbox.formats): while '
  'an upgrade rolls, processes of an older version run beside, and would spend its tries on what they cannot send.';--> statement-breakpoint
CREATE TRIGGER known_format BEFORE UPDATE OF lease_token ON signalbox.deliveries FOR EACH ROW
  WHEN (OLD.lease_token IS NULL AND NEW.lease_token IS NOT NULL
    AND NEW.format NOT IN ('CLOUD_EVENT', 'CLOUD_EVENT_STRUCTURED', 'CLOUD_EVENT_BINARY', 'EVENT'))
  EXECUTE FUNCTION signalbox.claim_known_format();
