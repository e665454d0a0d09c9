INSERT INTO learned_events (store, shard, position, stream, stream_version, event_id, type,
                            occurred_at, recorded_at, received_at, metadata, data)
VALUES ($1, $2, $3, $4, $5, $6::text::uuid, $7, $8, $9, $10, $11, $12)
ON CONFLICT DO NOTHING
