SELECT p.consumer, p.topic, p.shard, p.record, p.store, p.position, p.stream, p.event_id, p.type, p.code, p.message,
       p.parked_at, s.record IS NOT NULL AS skipped
FROM parked p LEFT JOIN skips s USING (store, shard, record)
WHERE ($1::text IS NULL OR p.consumer = $1) AND ($2::text IS NULL OR p.code = $2) AND ($3::text IS NULL OR p.stream = $3)
  AND (p.consumer, p.topic, p.shard, p.record) > ($4::text COLLATE "C", $5::text COLLATE "C", $6::integer, $7::bigint)
ORDER BY p.consumer, p.topic, p.shard, p.record
LIMIT $8
