-- Advisory locks can be held by every role of the database. What only the hub may hold is a lock of a table, or of a
-- row, that nobody else has a right on (src/db/locks.ts names them all).
CREATE TABLE "signalbox"."feed_lock" (
	"held" boolean NOT NULL
);
--> statement-breakpoint
CREATE TABLE "signalbox"."locks" (
	"name" text PRIMARY KEY NOT NULL,
	"key" bigint
);
--> statement-breakpoint
ALTER TABLE "signalbox"."workers" ADD COLUMN "liveness_key" bigint;--> statement-breakpoint
ALTER TABLE signalbox.locks SET (fillfactor = 50);--> statement-breakpoint
COMMENT ON TABLE signalbox.feed_lock IS
  'Always empty. Whoever writes changes locks it, in SHARE UPDATE EXCLUSIVE mode, to the end of the transaction.';--> statement-breakpoint
COMMENT ON TABLE signalbox.locks IS
  'Whoever has locked a row does what it names alone: by the id of a hook its claims, else the work of one process. '
  'key: the advisory lock of the session that does it, a random number anew each time.';--> statement-breakpoint
INSERT INTO signalbox.locks (name) VALUES ('projects'), ('reconciler'), ('statistics'), ('ranges');--> statement-breakpoint
INSERT INTO signalbox.locks (name) SELECT id::text FROM signalbox.hooks;--> statement-breakpoint
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
-- For one release: processes of the version before lock by these numbers alone.
CREATE FUNCTION signalbox.lock_beside_old(key bigint, wait boolean) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  -- An old process may have it, and wait for what the caller has: it is not waited for without end.
  v_until timestamptz := clock_timestamp() + interval '3 seconds';
  v_ours boolean;
BEGIN
  LOOP
    IF pg_try_advisory_xact_lock(key) THEN RETURN true; END IF;
    v_ours := signalbox.held_by_hub(key);
    -- A stranger's lock keeps an old process from its work, and no new one.
    IF NOT v_ours OR clock_timestamp() > v_until THEN RETURN true; END IF;
    IF v_ours AND NOT wait THEN RETURN false; END IF;
    IF v_ours THEN PERFORM pg_sleep(0.002); END IF;
  END LOOP;
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.lock_beside_old(bigint, boolean) IS
  'Takes, to the end of the transaction, the advisory lock by which processes of the version before exclude each other. '
  'Gives back false when one of them has it and the caller does not wait. To be dropped in the next release.';--> statement-breakpoint
CREATE FUNCTION signalbox.lock_feed() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  LOCK TABLE signalbox.feed_lock IN SHARE UPDATE EXCLUSIVE MODE;
  PERFORM signalbox.lock_beside_old(7274, true);
END
$$;--> statement-breakpoint
COMMENT ON FUNCTION signalbox.lock_feed() IS
  'Takes the feed lock to the end of the transaction: position order is commit order.';--> statement-breakpoint
CREATE OR REPLACE FUNCTION signalbox.enter_feed(ids uuid[], versions bigint[]) RETURNS void LANGUAGE plpgsql AS $$
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
REVOKE EXECUTE ON FUNCTION signalbox.keep_hook_lock, signalbox.held_by_hub, signalbox.lock_beside_old,
  signalbox.lock_feed FROM PUBLIC;
