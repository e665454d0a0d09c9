-- Records that are no events and that an operator skips.
DELETE FROM parked p USING skips s
WHERE s.store = p.store AND s.shard = p.shard AND s.record = p.record
  AND p.consumer = $1 AND p.store = $2 AND p.shard = $3 AND p.stream IS NULL
  AND $4::text IS NULL AND ($5::text IS NULL OR p.code = $5) AND ($6::bigint IS NULL OR p.record = $6)
RETURNING p.record
