SELECT event_id::text FROM learned_events WHERE store = $1 AND shard = $2 AND position = $3
