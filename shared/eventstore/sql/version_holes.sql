SELECT position, stream FROM (
    SELECT position, stream, stream_version, row_number() OVER (PARTITION BY stream ORDER BY position) AS expected
    FROM events WHERE shard = $1
) AS counted
WHERE stream_version <> expected ORDER BY position LIMIT 1
