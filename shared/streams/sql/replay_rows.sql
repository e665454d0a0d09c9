SELECT p.record, p.event_id, p.headers, p.value, s.record IS NOT NULL AS skipped
FROM parked p LEFT JOIN skips s USING (store, shard, record)
WHERE p.consumer = $1 AND p.store = $2 AND p.shard = $3 AND p.stream = $4
  AND ($5::bigint IS NULL OR p.record = $5) AND p.record > $6
ORDER BY p.record LIMIT $7
