-- Copies of streams whose names begin with $1.
SELECT store, shard, position, stream, stream_version, event_id, type, occurred_at, recorded_at, received_at, metadata, data
FROM learned_events
WHERE stream >= $1::text AND stream < $1::text || chr(1114111) COLLATE "C"
ORDER BY store, shard, position
