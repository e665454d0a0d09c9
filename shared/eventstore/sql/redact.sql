-- Takes data and salt of the event at position $2 of shard $1 away; data_hash and hash stand, so the chain still holds.
UPDATE events SET data = NULL, salt = NULL
WHERE shard = $1 AND position = $2 AND data IS NOT NULL
RETURNING stream, event_id::text AS event_id, type, metadata::jsonb ->> 'command' AS command
