-- Single events of the copy, and what stands in their bodies.

-- name: event
-- The event with the id $1, if it was known at the positions ($2 stores, $3 shards, $4 positions), and what voids it.
SELECT e.store, e.shard, e.position, e.stream, e.stream_version, e.event_id, e.type, e.name, e.programme, e.region, e.activity,
       e.indicator, e.period, e.occurred_at, e.recorded_at, e.received_at, e.voids, e.metadata,
       (
           SELECT v.event_id
           FROM events v
           JOIN unnest($2::text[], $3::integer[], $4::bigint[]) AS k (store, shard, position)
               ON k.store = v.store AND k.shard = v.shard AND v.position <= k.position
           WHERE v.stream = e.stream AND v.voids = e.event_id
           ORDER BY v.position
           LIMIT 1
       ) AS voided_by
FROM events e
JOIN unnest($2::text[], $3::integer[], $4::bigint[]) AS k (store, shard, position)
    ON k.store = e.store AND k.shard = e.shard AND e.position <= k.position
WHERE e.event_id = $1

-- name: bodies
-- The bodies of a programme's events with these ids.
SELECT e.event_id, e.data
FROM events e
WHERE e.programme = $1 AND e.name = $2 AND e.event_id = ANY ($3::uuid[])

-- name: definitions
-- The definitions that the indicator $2 of the programme $1 had, as known at the positions ($3 stores, $4 shards, $5 positions).
-- A version is given again when the one that had it was voided: what holds comes last.
WITH known AS (SELECT * FROM unnest($3::text[], $4::integer[], $5::bigint[]) AS k (store, shard, position))
SELECT e.name, e.data
FROM events e
JOIN known k ON k.store = e.store AND k.shard = e.shard AND e.position <= k.position
WHERE e.programme = $1 AND e.name IN ('IndicatorDefined', 'TargetRevised') AND e.indicator = $2
ORDER BY NOT EXISTS (
             SELECT FROM events v
             JOIN known n ON n.store = v.store AND n.shard = v.shard AND v.position <= n.position
             WHERE v.stream = e.stream AND v.voids = e.event_id
         ),
         e.occurred_at, e.position

-- name: is_of
SELECT EXISTS (SELECT FROM events WHERE stream = $1 AND programme = $2)
