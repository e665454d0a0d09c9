-- What waits for somebody, and what the database has left.
SELECT (SELECT count(*) FROM waiting) AS waiting,
       (SELECT coalesce(extract(epoch FROM business_now() - min(w.received_at)), 0) FROM waiting w)::float8 AS waiting_seconds,
       (SELECT count(*) FROM originals o
        WHERE o.kind = 'unreadable'
          AND NOT EXISTS (SELECT FROM corrections c WHERE c.source = o.source AND c.id = o.id)) AS quarantined,
       (SELECT count(*) FROM pg_stat_activity a WHERE a.datname = current_database()) AS connections,
       (SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
               - sum(d.numbackends)::int FROM pg_stat_database d) AS connections_free
