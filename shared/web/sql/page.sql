-- Events of stream $1 behind version $2, at most $3, with the hash of the event before each in its shard.
SELECT e.shard, e.position, e.stream, e.stream_version, e.event_id::text AS event_id, e.type,
       e.occurred_at, e.recorded_at, e.received_at, e.metadata, e.data,
       encode(e.salt, 'hex') AS salt, encode(e.hash, 'hex') AS hash, encode(before.hash, 'hex') AS previous_hash
FROM events e
LEFT JOIN events before ON before.shard = e.shard AND before.position = e.position - 1
WHERE e.stream = $1 AND e.stream_version > $2
ORDER BY e.stream_version
LIMIT $3
