-- Drops everything that the role which runs this owns in this database, but for the schema public itself: a dump is put
-- into an empty database, or tables that came after it would stay. The mark that says so stays until all is whole.
DO $$
DECLARE
    statement text;
BEGIN
    -- All are written down before the first is dropped: what went with another has no name any more.
    FOR statement IN SELECT unnest(array_agg(each.line)) FROM (
        SELECT format('DROP SCHEMA IF EXISTS %I CASCADE', nspname) AS line FROM pg_namespace
        WHERE pg_get_userbyid(nspowner) = current_user AND nspname <> 'public'
        UNION ALL
        SELECT format('DROP %s IF EXISTS %s CASCADE', kind, oid::regclass)
        FROM pg_class
        JOIN (VALUES ('r', 'TABLE'), ('p', 'TABLE'), ('v', 'VIEW'), ('m', 'MATERIALIZED VIEW'), ('c', 'TYPE'))
             AS kinds (letter, kind) ON letter = relkind::text
        WHERE relnamespace = 'public'::regnamespace AND pg_get_userbyid(relowner) = current_user AND relname <> 'restoring'
        UNION ALL
        SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', oid::regprocedure) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND pg_get_userbyid(proowner) = current_user
        UNION ALL
        SELECT format('DROP TYPE IF EXISTS %s CASCADE', oid::regtype) FROM pg_type
        WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd') AND pg_get_userbyid(typowner) = current_user
    ) AS each
    LOOP
        EXECUTE statement;
    END LOOP;
END
$$;
