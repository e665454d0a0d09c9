-- What the process `rebuilder` reads and writes of rebuilds. Progress shares no transaction with offsets.

-- name: wanted
-- What there is to do: orders, and what is being made. A failed one goes on by itself once an operator has decided to leave
-- its record out, or when the process starts anew ($1), perhaps with the defect mended.
SELECT r.schema, r.state, r.replaced, r.ordered, r.ordered_by, r.order_reason, r.made_of
FROM rebuilds r
WHERE r.ordered IS NOT NULL
   OR r.state IN ('asked', 'filling', 'filled', 'compared')
   OR r.state = 'failed' AND (
       $1 OR EXISTS (
           SELECT FROM skips s
           WHERE s.store = r.stopped_store AND s.shard = r.stopped_shard AND s.record = r.stopped_record
       )
   )
ORDER BY r.ordered IS NULL, r.number

-- name: filled
UPDATE rebuilds SET state = 'filled', changed_at = clock_timestamp() WHERE schema = $1 AND state = 'filling'

-- name: failed
UPDATE rebuilds
SET state = 'failed', ordered = NULL, message = $2, per_second = NULL, seconds_left = NULL, changed_at = clock_timestamp()
WHERE schema = $1 AND state <> 'live'

-- name: begun
UPDATE rebuilds
SET state = 'filling', made_of = $2, stopped_store = NULL, stopped_shard = NULL, stopped_record = NULL, message = '',
    changed_at = clock_timestamp()
WHERE schema = $1 AND state IN ('asked', 'failed', 'filling')
RETURNING schema

-- name: progress
UPDATE rebuilds
SET records = $2, goal = $3, per_second = $4, seconds_left = $5, positions = $6, trouble = $7, changed_at = clock_timestamp()
WHERE schema = $1

-- name: stopped
UPDATE rebuilds
SET state = 'failed', stopped_store = $2, stopped_shard = $3, stopped_record = $4, message = $5, ordered = NULL,
    per_second = NULL, seconds_left = NULL, changed_at = clock_timestamp()
WHERE schema = $1

-- name: compared
UPDATE rebuilds
SET state = 'compared', differences = $2, compared_at = clock_timestamp(), message = '',
    ordered = CASE WHEN ordered <> 'compare' THEN ordered END, changed_at = clock_timestamp()
WHERE schema = $1 AND state IN ('filled', 'compared')
RETURNING schema

-- name: clear_differences
DELETE FROM rebuild_differences WHERE schema = $1

-- name: add_differences
INSERT INTO rebuild_differences (schema, place, table_name, key, live, rebuilt)
SELECT $1, n, table_name, key, live, rebuilt
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS d (table_name, key, live, rebuilt, n)

-- name: note
UPDATE rebuilds SET message = $2, changed_at = clock_timestamp() WHERE schema = $1

-- name: done
-- An order was carried out, or could not be; the message says why.
UPDATE rebuilds
SET ordered = NULL, ordered_by = NULL, ordered_at = NULL, order_reason = NULL, message = $2, changed_at = clock_timestamp()
WHERE schema = $1

-- name: live
SELECT schema FROM rebuilds WHERE state = 'live' FOR UPDATE

-- name: hold
SELECT state, replaced, made_of FROM rebuilds WHERE schema = $1 FOR UPDATE

-- name: goes
UPDATE rebuilds
SET state = $2, made_of = $3, ordered = NULL, ordered_by = NULL, ordered_at = NULL, order_reason = NULL, message = '',
    changed_at = clock_timestamp()
WHERE schema = $1

-- name: comes
UPDATE rebuilds
SET state = 'live', replaced = $2, ordered = NULL, ordered_by = NULL, ordered_at = NULL, order_reason = NULL,
    per_second = NULL, seconds_left = NULL, message = '', changed_at = clock_timestamp()
WHERE schema = $1

-- name: dropped
UPDATE rebuilds
SET state = 'dropped', ordered = NULL, ordered_by = NULL, ordered_at = NULL, order_reason = NULL, differences = NULL,
    per_second = NULL, seconds_left = NULL, message = '', changed_at = clock_timestamp()
WHERE schema = $1

-- name: forget_replaced
UPDATE rebuilds SET replaced = NULL WHERE replaced = $1

-- name: made_of
SELECT made_of FROM rebuilds WHERE schema = $1
