-- Copies of several streams, each by its whole name.
SELECT store, shard, position, stream, stream_version, event_id, type, occurred_at, recorded_at, received_at, metadata, data
FROM learned_events WHERE stream = ANY ($1::text[]) ORDER BY store, shard, position
