-- What processes and consumers said last, and whether the connection that they say it over is open still.
SELECT h.process, h.instance, h.pid, h.started_at, h.seen_at, h.ready, h.message,
       extract(epoch FROM clock_timestamp() - h.seen_at)::float8 AS age,
       extract(epoch FROM clock_timestamp() - h.started_at)::float8 AS since_start,
       EXISTS (SELECT FROM pg_stat_activity a
               WHERE a.datname = current_database()
                 AND a.application_name = 'heartbeat ' || md5(h.instance || '/' || h.pid)) AS connected
FROM heartbeats h ORDER BY h.process, h.instance
