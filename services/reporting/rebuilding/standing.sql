-- Where consumers stand. A consumer's name is its schema's.

-- name: standing
SELECT store, shard, next_offset AS record FROM consumer_offsets WHERE consumer = $1 AND next_offset > 0 ORDER BY store, shard

-- name: lock_standing
-- The first statement of every batch moves these rows: while they are locked nothing of the consumer is committed.
SELECT store, shard, next_offset AS record FROM consumer_offsets
WHERE consumer = $1 AND next_offset > 0
ORDER BY store, shard
FOR UPDATE

-- name: name_schemas
-- Held while a schema gets or loses its name, so that nobody claims partitions for a name that no longer means it.
SELECT pg_advisory_xact_lock(71011, 0)

-- name: hold_schema_names
SELECT pg_advisory_xact_lock_shared(71011, 0)

-- name: is_there
SELECT to_regnamespace($1) IS NOT NULL

-- name: lead
SELECT pg_try_advisory_lock(71011, 2)

-- name: ping
SELECT 1
