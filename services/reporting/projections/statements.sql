-- Statements of the projection. Tables are found by the connection's search_path.

-- name: by_index
-- Until a table was analysed the planner takes a list of streams for most of it and reads it whole, for every batch.
SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)

-- name: stream_events
SELECT store, shard, position, stream, stream_version, event_id, type, occurred_at, recorded_at, received_at, data
FROM events
WHERE stream = ANY ($1::text[])
ORDER BY stream, position

-- name: voiding_events
-- The voidings of streams and what they name: enough to tell what is voided, without reading a long stream whole.
SELECT store, shard, position, stream, stream_version, event_id, type, occurred_at, recorded_at, received_at, data
FROM events
WHERE stream = ANY ($1::text[])
  AND (voids IS NOT NULL OR event_id IN (SELECT v.voids FROM events v WHERE v.stream = ANY ($1::text[])))
ORDER BY stream, position

-- name: event_id_at
SELECT event_id FROM events WHERE store = $1 AND shard = $2 AND position = $3
UNION ALL
SELECT event_id FROM public.canary WHERE store = $1 AND shard = $2 AND position = $3

-- name: add_canaries
-- What a rebuild comes by again keeps the time at which it first arrived.
INSERT INTO public.canary (store, shard, position, event_id, sent_at, recorded_at)
SELECT * FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::uuid[], $5::timestamptz[], $6::timestamptz[])
ON CONFLICT (store, shard, position) DO NOTHING

-- name: add_budget
INSERT INTO budget AS known (
    programme, activity, region, allocated, transferred_in, transferred_out, disbursed, payments, reversed, reversals
)
SELECT *
FROM unnest(
    $1::text[], $2::text[], $3::text[],
    $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[]
)
ON CONFLICT (programme, activity, region) DO UPDATE SET
    allocated = known.allocated + excluded.allocated,
    transferred_in = known.transferred_in + excluded.transferred_in,
    transferred_out = known.transferred_out + excluded.transferred_out,
    disbursed = known.disbursed + excluded.disbursed,
    payments = known.payments + excluded.payments,
    reversed = known.reversed + excluded.reversed,
    reversals = known.reversals + excluded.reversals

-- name: drop_empty_budget
DELETE FROM budget
WHERE allocated = 0 AND transferred_in = 0 AND transferred_out = 0 AND payments = 0 AND reversals = 0

-- name: mark_applied
-- When it was first so is kept besides: a rebuild comes by again and tells nothing new.
WITH mark AS (
    INSERT INTO applied AS known (store, shard, position, recorded_at)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (store, shard) DO UPDATE SET
        position = greatest(known.position, excluded.position),
        recorded_at = greatest(known.recorded_at, excluded.recorded_at)
)
INSERT INTO public.view_times (store, shard, position)
SELECT $1, $2, $3
WHERE NOT EXISTS (SELECT FROM public.view_times t WHERE t.store = $1 AND t.shard = $2 AND t.position >= $3)

-- name: add_heads
INSERT INTO heads AS known (store, shard, position, time)
SELECT DISTINCT ON (store, shard, position) store, shard, position, time
FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::timestamptz[]) AS told (store, shard, position, time)
ORDER BY store, shard, position, time DESC
ON CONFLICT (store, shard, position) DO UPDATE SET time = greatest(known.time, excluded.time)

-- name: drop_passed_heads
DELETE FROM heads h
USING heads newer
JOIN applied a ON a.store = newer.store AND a.shard = newer.shard AND a.position >= newer.position
WHERE h.store = newer.store AND h.shard = newer.shard AND h.position < newer.position

-- name: drop_heads_passed_by_canaries
-- Canaries are not among what was applied: without this a shard in which nothing else happens would keep a head for each.
DELETE FROM heads h
USING heads newer
WHERE h.store = newer.store AND h.shard = newer.shard AND h.position < newer.position
  AND newer.position <= (SELECT max(c.position) FROM public.canary c WHERE c.store = newer.store AND c.shard = newer.shard)
  AND h.position > coalesce(
      (SELECT a.position FROM applied a WHERE a.store = h.store AND a.shard = h.shard), 0
  )
