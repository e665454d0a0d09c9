-- Events of shard $1 behind position $2, at most $3, as a record of each must be; data_hash, because what a redaction took
-- away may still be in a record.
SELECT position,
       convert_to(stream, 'UTF8') AS stream,
       stream_version,
       convert_to(event_id::text, 'UTF8') AS event_id,
       convert_to(type, 'UTF8') AS type,
       convert_to(wire_time(occurred_at), 'UTF8') AS occurred,
       convert_to(wire_time(recorded_at), 'UTF8') AS recorded,
       convert_to(wire_time(received_at), 'UTF8') AS received,
       convert_to(metadata, 'UTF8') AS metadata,
       convert_to(data, 'UTF8') AS data,
       salt, data_hash,
       convert_to(encode(hash, 'hex'), 'UTF8') AS hash
FROM events WHERE shard = $1 AND position > $2 AND position <= $2 + $3 ORDER BY position
