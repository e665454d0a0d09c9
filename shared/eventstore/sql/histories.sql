-- Every event of the streams that begin with $1; see streams.sql for how a prefix is a range. $2: by shard, the position
-- behind which they begin; a shard that the array does not reach is read from its beginning.
SELECT shard, position, stream, stream_version, event_id, type, occurred_at, recorded_at, received_at, metadata, data
FROM events
WHERE stream >= $1::text AND stream < $1::text || chr(1114111) COLLATE "C"
    AND position > coalesce(($2::bigint[])[shard + 1], 0)
ORDER BY stream, stream_version
