-- Streams that have something parked that was chosen, in order of their first parked record.
SELECT p.stream FROM parked p
WHERE p.consumer = $1 AND p.store = $2 AND p.shard = $3 AND p.stream IS NOT NULL
  AND ($4::text IS NULL OR p.stream = $4)
  AND ($5::text IS NULL OR p.stream IN (
      SELECT c.stream FROM parked c WHERE c.consumer = $1 AND c.store = $2 AND c.shard = $3 AND c.code = $5
  ))
  AND ($6::bigint IS NULL OR p.record = $6)
GROUP BY p.stream ORDER BY min(p.record)
