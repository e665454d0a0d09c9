SELECT shard, position, stream, stream_version, event_id, type, occurred_at, recorded_at, received_at, metadata, data
FROM events WHERE stream = $1 ORDER BY stream_version
