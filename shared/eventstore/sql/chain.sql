-- Events of shard $1 behind position $2, at most $3, with all that the hash covers. Only PostgreSQL's own functions take
-- part, none that this database defines: what is checked does not check itself.
SELECT position, stream, stream_version, event_id::text AS event_id, type, schema_version,
       to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS occurred,
       to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS recorded,
       to_char(received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS received,
       metadata, convert_to(data, 'UTF8') AS data, salt, data_hash, hash
FROM events WHERE shard = $1 AND position > $2 AND position <= $2 + $3 ORDER BY position
