SELECT (SELECT name FROM store) AS store, shard, position, stream, stream_version, event_id, type,
       occurred_at, recorded_at, received_at, metadata, data
FROM events WHERE type = ANY ($1)
UNION ALL
SELECT store, shard, position, stream, stream_version, event_id, type,
       occurred_at, recorded_at, received_at, metadata, data
FROM learned_events WHERE type = ANY ($1)
ORDER BY store, shard, position
