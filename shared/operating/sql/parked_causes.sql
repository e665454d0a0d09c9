-- Why events are parked, most first; what an operator decided to skip is counted by itself.
SELECT p.consumer, p.code,
       count(*) FILTER (WHERE s.record IS NULL) AS count,
       count(s.record) AS skipped,
       count(DISTINCT p.stream) FILTER (WHERE s.record IS NULL) AS streams,
       min(p.parked_at) FILTER (WHERE s.record IS NULL) AS oldest
FROM parked p LEFT JOIN skips s USING (store, shard, record)
WHERE ($1::text IS NULL OR p.consumer = $1) AND ($2::text IS NULL OR p.code = $2) AND ($3::text IS NULL OR p.stream = $3)
GROUP BY p.consumer, p.code
ORDER BY count DESC, p.consumer, p.code
