INSERT INTO parked (consumer, topic, shard, record, store, position, stream, event_id, type, code, message, headers, value)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT DO NOTHING
