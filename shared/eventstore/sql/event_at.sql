SELECT event_id::text AS event_id, encode(hash, 'hex') AS hash FROM events WHERE shard = $1 AND position = $2
