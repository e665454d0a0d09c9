INSERT INTO skips (store, shard, record, reason, decided_by) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
RETURNING record
