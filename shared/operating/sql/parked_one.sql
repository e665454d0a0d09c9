SELECT p.consumer, p.topic, p.shard, p.record, p.store, p.position, p.stream, p.event_id, p.type, p.code, p.message,
       p.parked_at, s.record IS NOT NULL AS skipped, p.headers, p.value
FROM parked p LEFT JOIN skips s USING (store, shard, record)
WHERE p.consumer = $1 AND p.topic = $2 AND p.shard = $3 AND p.record = $4
