-- A process and its consumers, told by one statement; the clock is the database's, which those who look on share.
INSERT INTO heartbeats (process, instance, pid, started_at, seen_at, ready, message)
SELECT b.process, $4, $5, $6, clock_timestamp(), b.ready, b.message
FROM unnest($1::text[], $2::boolean[], $3::text[]) AS b (process, ready, message)
ON CONFLICT (process, instance) DO UPDATE
SET pid = excluded.pid, started_at = excluded.started_at, seen_at = excluded.seen_at, ready = excluded.ready,
    message = excluded.message
