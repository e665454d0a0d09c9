-- Events of shard $1 behind position $2, at most $3, with all that the hash covers.
SELECT position, stream, stream_version, event_id::text AS event_id, type,
       wire_time(occurred_at) AS occurred, wire_time(recorded_at) AS recorded, wire_time(received_at) AS received,
       metadata, data, salt, data_hash, hash
FROM events WHERE shard = $1 AND position > $2 ORDER BY position LIMIT $3
