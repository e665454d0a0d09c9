SELECT digest, outcome, reason, stream, stream_version, shard, position, events, recorded_at
FROM inbox WHERE source = $1 AND id = $2
