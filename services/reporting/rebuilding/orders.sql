-- What operators see and order of rebuilds.

-- name: every
SELECT * FROM rebuilds ORDER BY number DESC

-- name: one
SELECT * FROM rebuilds WHERE schema = $1

-- name: differences
SELECT table_name, key, live, rebuilt FROM rebuild_differences WHERE schema = $1 ORDER BY place LIMIT $2

-- name: alone
-- Two who ask at once do so one after the other.
SELECT pg_advisory_xact_lock(71011, 1)

-- name: unfinished
SELECT schema FROM rebuilds WHERE state IN ('asked', 'filling', 'filled', 'compared', 'failed') ORDER BY number LIMIT 1

-- name: ask
INSERT INTO rebuilds (schema, number, state, asked_by, reason)
SELECT 'reporting_v' || n, n, 'asked', $1, $2
FROM (SELECT max(number) + 1 AS n FROM rebuilds) AS next
RETURNING schema

-- name: hold
SELECT state, ordered, differences, replaced FROM rebuilds WHERE schema = $1 FOR UPDATE

-- name: order
UPDATE rebuilds
SET ordered = $2, ordered_by = $3, order_reason = $4, ordered_at = clock_timestamp(), changed_at = clock_timestamp()
WHERE schema = $1
