INSERT INTO replays (consumer, stream, code, store, shard, record, requested_by) VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING id
