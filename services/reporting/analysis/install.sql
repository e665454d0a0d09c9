-- What the views are put up with. Names and texts are quoted by the server: each of these gives the statement to run.

-- name: installed
SELECT obj_description(to_regnamespace('analysis'), 'pg_namespace')

-- name: begin
DROP SCHEMA IF EXISTS analysis CASCADE;
DROP SCHEMA IF EXISTS analysis_figures CASCADE;
CREATE SCHEMA analysis;
CREATE SCHEMA analysis_figures;

-- name: base
-- The time that everything is judged at, the same throughout a transaction, and the programmes there are at that time.
-- Functions run as their owner and find the tables by name, so that a view never holds on to a schema that was replaced.
CREATE FUNCTION analysis_figures.clock(OUT at timestamptz, OUT simulated boolean, OUT newest_recorded_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = reporting, pg_temp
AS $$
    SELECT coalesce(c.now, now()), c.now IS NOT NULL, (SELECT max(recorded_at) FROM applied)
    FROM (SELECT) AS one
    LEFT JOIN public.simulated_clock c ON true
$$;

CREATE FUNCTION analysis_figures.programmes() RETURNS TABLE (programme text, at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 20 SET search_path = reporting, pg_temp
AS $$
    SELECT p.programme, c.at FROM programme p CROSS JOIN analysis_figures.clock() AS c
$$;

-- name: figure
-- $1 the query's name, $2 its columns and $3 their types, $4 its text, which reads programme $1 at time $2.
SELECT format(
    'CREATE FUNCTION analysis_figures.%I(text, timestamptz) RETURNS TABLE (%s) LANGUAGE sql STABLE SECURITY DEFINER '
    'ROWS 200 SET search_path = reporting, pg_temp SET jit = off AS %L',
    $1::text,
    (SELECT string_agg(format('%I %s', name, kind), ', ' ORDER BY n)
     FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS c (name, kind, n)),
    $4::text
)

-- name: view
SELECT format('CREATE VIEW analysis.%I WITH (security_barrier) AS %s', $1::text, $2::text)

-- name: comment_view
SELECT format('COMMENT ON VIEW analysis.%I IS %L', $1::text, $2::text)

-- name: comment_column
SELECT format('COMMENT ON COLUMN analysis.%I.%I IS %L', $1::text, $2::text, $3::text)

-- name: comment_schema
SELECT format('COMMENT ON SCHEMA analysis IS %L', $1::text)

-- name: columns
SELECT c.relname AS view, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS kind
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relnamespace = 'analysis'::regnamespace
ORDER BY c.relname, a.attnum

-- name: grant
-- The role may be missing: then it is granted its rights by the first migration after it was made.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA analysis_figures FROM PUBLIC;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'obec_reporting_analyst') THEN
        GRANT USAGE ON SCHEMA analysis TO obec_reporting_analyst;
        GRANT SELECT ON ALL TABLES IN SCHEMA analysis TO obec_reporting_analyst;
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA analysis_figures TO obec_reporting_analyst;
    END IF;
END
$$;
