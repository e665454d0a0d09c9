-- Events of shard $1 behind position $2, at most $3, as they are sent: bytes, so that nothing is decoded to be encoded.
-- What was redacted has neither data nor salt, and travels with the hash of both.
-- Positions have no gaps, so a range says how many: LIMIT lets a planner without statistics sort all that is left.
SELECT position,
       convert_to(stream, 'UTF8') AS stream,
       stream_version,
       convert_to(event_id::text, 'UTF8') AS event_id,
       convert_to(type, 'UTF8') AS type,
       convert_to(wire_time(occurred_at), 'UTF8') AS occurred,
       convert_to(wire_time(recorded_at), 'UTF8') AS recorded,
       convert_to(wire_time(received_at), 'UTF8') AS received,
       (extract(epoch FROM recorded_at) * 1000)::bigint AS milliseconds,
       convert_to(metadata, 'UTF8') AS metadata,
       convert_to(coalesce(data, ''), 'UTF8') AS data,
       convert_to(coalesce(encode(salt, 'hex'), ''), 'UTF8') AS salt,
       convert_to(encode(hash, 'hex'), 'UTF8') AS hash,
       CASE WHEN data IS NULL THEN convert_to(encode(data_hash, 'hex'), 'UTF8') END AS redacted
FROM events WHERE shard = $1 AND position > $2 AND position <= $2 + $3 ORDER BY position
