-- The stream of a parked record, and the first record of it that nobody decided to skip.
SELECT p.stream, (
    SELECT min(f.record) FROM parked f LEFT JOIN skips s USING (store, shard, record)
    WHERE f.consumer = p.consumer AND f.store = p.store AND f.shard = p.shard AND f.stream = p.stream AND s.record IS NULL
) AS first
FROM parked p WHERE p.consumer = $1 AND p.store = $2 AND p.shard = $3 AND p.record = $4
