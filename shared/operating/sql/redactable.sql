SELECT type, event_id::text AS event_id, stream FROM events WHERE shard = $1 AND position = $2 AND data IS NOT NULL
