-- Every event of the streams that begin with $1; see streams.sql for how a prefix is a range.
SELECT shard, position, stream, stream_version, event_id, type, occurred_at, recorded_at, received_at, metadata, data
FROM events
WHERE stream >= $1::text AND stream < $1::text || chr(1114111) COLLATE "C"
ORDER BY stream, stream_version
