-- $1: one stream, or NULL; $2: what the streams' names begin with, or NULL.
SELECT store, shard, position, stream, stream_version, event_id, type, occurred_at, recorded_at, received_at, metadata, data
FROM learned_events
WHERE stream = $1::text OR (stream >= $2::text AND stream < $2::text || chr(1114111) COLLATE "C")
ORDER BY store, shard, position
