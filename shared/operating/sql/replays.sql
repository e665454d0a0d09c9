SELECT id, consumer, stream, code, store, shard, record, requested_by, requested_at, finished_at, applied, still_parked,
       message
FROM replays WHERE id < $1 ORDER BY id DESC LIMIT $2
