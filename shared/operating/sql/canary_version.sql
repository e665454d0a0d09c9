-- The version that stream $1 is at; 0 when it has no event yet.
SELECT coalesce(max(stream_version), 0) FROM events WHERE stream = $1
