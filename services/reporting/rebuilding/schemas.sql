-- Schemas beside the live one are made and dropped. Names are quoted by the server: `drop` gives the statement to run.

-- name: target
SELECT set_config('reporting.schema', $1, true)

-- name: drop
SELECT format('DROP SCHEMA IF EXISTS %I CASCADE', $1::text)

-- name: forget_offsets
DELETE FROM consumer_offsets WHERE consumer = $1

-- name: forget_parked
DELETE FROM parked WHERE consumer = $1

-- name: forget_differences
DELETE FROM rebuild_differences WHERE schema = $1
