SELECT id, consumer, stream, code, store, shard, record, places FROM replays
WHERE consumer = $1 AND finished_at IS NULL ORDER BY id
