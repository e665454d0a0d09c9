-- One programme's year among many: every row again for so many other programmes of twelve years, ids and places of their own.
-- psql variable: copies. What was there stays as it is, but for its place: shard 1, in the order in which all was recorded.
SET search_path TO reporting, public;

CREATE TEMPORARY TABLE copy AS
SELECT n, n || '-copy' AS programme, make_interval(years => n % 12 - 1) AS later FROM generate_series(1, :copies) AS n;

CREATE FUNCTION pg_temp.renamed(stream text, n int) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE WHEN strpos(stream, '2560-cluster') > 0 THEN replace(stream, '2560-cluster', n || '-copy') ELSE stream || '-' || n END;

CREATE TEMPORARY TABLE place AS
SELECT e.store, e.position AS told, c.n,
       row_number() OVER (PARTITION BY e.store ORDER BY e.recorded_at + coalesce(c.later, interval '0'), c.n NULLS FIRST, e.position) AS position
FROM events e
CROSS JOIN (SELECT n, later FROM copy UNION ALL SELECT NULL, NULL) AS c;

INSERT INTO events
SELECT e.store, 1, p.position, CASE WHEN c.n IS NULL THEN e.stream ELSE pg_temp.renamed(e.stream, c.n) END, e.stream_version,
       CASE WHEN c.n IS NULL THEN e.event_id ELSE md5(e.event_id::text || c.n)::uuid END, e.type, e.name,
       CASE WHEN e.programme IS NOT NULL THEN coalesce(c.programme, e.programme) END, e.region, e.activity, e.indicator, e.period,
       e.amount_satang, CASE WHEN c.n IS NULL THEN e.voids ELSE md5(e.voids::text || c.n)::uuid END,
       e.occurred_at + coalesce(c.later, interval '0'), e.recorded_at + coalesce(c.later, interval '0'),
       e.received_at + coalesce(c.later, interval '0'), e.metadata,
       CASE WHEN c.n IS NULL THEN e.data ELSE replace(e.data, '2560-cluster', c.programme) END
FROM place p
JOIN events e ON e.store = p.store AND e.position = p.told
LEFT JOIN copy c ON c.n = p.n;
DELETE FROM events WHERE shard = 0;
DELETE FROM applied;
INSERT INTO applied SELECT store, shard, max(position), max(recorded_at) FROM events GROUP BY store, shard;

-- Each row table: the row with another programme, stream and id; a table without one of these columns leaves it out.
DO $$
DECLARE
    its text;
BEGIN
    FOREACH its IN ARRAY ARRAY [
        'programme', 'committee', 'meeting', 'activity', 'briefing', 'acknowledgement', 'budget', 'indicator', 'period',
        'period_extension', 'measurement', 'score', 'voided', 'visit', 'recommendation'
    ] LOOP
        EXECUTE format(
            $copy$
                INSERT INTO %1$I
                SELECT made.*
                FROM %1$I AS t
                CROSS JOIN copy c
                CROSS JOIN LATERAL (SELECT to_jsonb(t) AS it) AS j
                CROSS JOIN LATERAL jsonb_populate_record(
                    NULL::%1$I,
                    it || jsonb_strip_nulls(jsonb_build_object(
                        'programme', c.programme, 'stream', pg_temp.renamed(it ->> 'stream', c.n),
                        'event_id', md5((it ->> 'event_id') || c.n), 'voided_by', md5((it ->> 'voided_by') || c.n)
                    ))
                ) AS made
            $copy$,
            its
        );
    END LOOP;
END
$$;
-- As autovacuum does it: never the partitioned table itself.
SELECT format('ANALYZE %I', relname) FROM pg_class WHERE relnamespace = 'reporting'::regnamespace AND relkind = 'r'
\gexec
