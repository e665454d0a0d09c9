-- Making a schema beside the live one.

-- name: target
SELECT set_config('reporting.schema', $1, true)

-- name: positions
SELECT store, shard, position FROM applied ORDER BY store, shard

-- name: parked
SELECT p.store, p.shard, p.record, p.code, p.message
FROM parked p
LEFT JOIN skips s ON s.store = p.store AND s.shard = p.shard AND s.record = p.record
WHERE p.consumer = $1 AND s.record IS NULL
ORDER BY p.parked_at
LIMIT 1
