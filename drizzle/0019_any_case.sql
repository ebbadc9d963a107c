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
END $$;
