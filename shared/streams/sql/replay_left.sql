-- How much of what was chosen is still parked in a partition: of the streams that were tried, and what has no stream.
SELECT count(*) FROM parked
WHERE consumer = $1 AND store = $2 AND shard = $3 AND ($7::bigint IS NULL OR record = $7)
  AND (stream = ANY ($4::text[]) OR (stream IS NULL AND $5::text IS NULL AND ($6::text IS NULL OR code = $6)))
