SELECT shard, position, stream, stream_version, event_id, type, occurred_at, recorded_at, received_at, metadata, data
FROM events WHERE stream = ANY ($1::text[]) ORDER BY stream, stream_version
