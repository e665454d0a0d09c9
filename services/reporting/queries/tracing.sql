-- How one fact went: the events that hang together with it, and where each stands.

-- name: around
-- What the event $1 follows from, itself, and what follows from it, as far as the monitor has read the topics. $2 tells what
-- may be an event's id, $3 at most so many.
WITH RECURSIVE
causes AS (
    SELECT m.* FROM public.monitor_events m WHERE m.event_id = $1
    UNION
    SELECT m.*
    FROM causes c
    JOIN public.monitor_events m ON m.event_id = CASE WHEN c.causation ~ $2 THEN c.causation::uuid END
),
effects AS (
    SELECT m.* FROM public.monitor_events m WHERE m.event_id = $1
    UNION
    SELECT m.* FROM effects c JOIN public.monitor_events m ON m.causation = c.event_id::text
),
known AS (SELECT * FROM causes UNION SELECT * FROM effects)
SELECT * FROM known ORDER BY recorded_at, store, shard, position LIMIT $3

-- name: of_correlation
SELECT * FROM public.monitor_events WHERE correlation = $1 ORDER BY recorded_at, store, shard, position LIMIT $2

-- name: copy
-- An event of the views that the monitor has not read (yet).
SELECT event_id, store, shard, position, stream, type, metadata, occurred_at, recorded_at, received_at
FROM events
WHERE event_id = $1

-- name: standing
-- Of places ($1 stores, $2 shards, $3 positions), by the projector $4: whether the event is in the views and since when, and
-- why it is parked.
SELECT p.store, p.shard, p.position,
       EXISTS (SELECT FROM events e WHERE e.store = p.store AND e.shard = p.shard AND e.position = p.position) AS applied,
       (
           SELECT t.applied_at FROM public.view_times t
           WHERE t.store = p.store AND t.shard = p.shard AND t.position >= p.position
           ORDER BY t.position
           LIMIT 1
       ) AS applied_at,
       k.code, k.message, k.parked_at, k.record,
       EXISTS (SELECT FROM skips s WHERE s.store = k.store AND s.shard = k.shard AND s.record = k.record) AS skipped
FROM unnest($1::text[], $2::integer[], $3::bigint[]) AS p (store, shard, position)
LEFT JOIN parked k ON k.consumer = $4 AND k.store = p.store AND k.shard = p.shard AND k.position = p.position
