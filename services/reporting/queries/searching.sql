-- What operators look for among the events of all stores. Planned for what is asked each time: a filter that is not given
-- is none.

-- name: careful
SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('statement_timeout', $1, true)

-- name: events
-- Newest first. $1 stores, $2 shards, $3 positions: where the page before ended in each shard; $4 stream, $5 name of the type,
-- $6 text of metadata, $7 text of data, $8 since, $9 until, $10 at most so many.
SELECT f.*
FROM applied a
LEFT JOIN unnest($1::text[], $2::integer[], $3::bigint[]) AS behind (store, shard, position)
    ON behind.store = a.store AND behind.shard = a.shard
CROSS JOIN LATERAL (
    SELECT e.store, e.shard, e.position, e.stream, e.stream_version, e.event_id, e.type, e.name,
           e.occurred_at, e.recorded_at, e.received_at, e.metadata
    FROM events e
    WHERE e.store = a.store AND e.shard = a.shard
      AND e.position < coalesce(behind.position, 9223372036854775807)
      AND ($4::text IS NULL OR e.stream = $4)
      AND ($5::text IS NULL OR e.name = $5)
      AND ($6::text IS NULL OR strpos(e.metadata, $6) > 0)
      AND ($7::text IS NULL OR strpos(e.data, $7) > 0)
      AND ($8::timestamptz IS NULL OR e.position > position_at(a.store, a.shard, $8::timestamptz - interval '1 microsecond'))
      AND ($9::timestamptz IS NULL OR e.position <= position_at(a.store, a.shard, $9))
    ORDER BY e.position DESC
    LIMIT $10
) AS f
ORDER BY f.recorded_at DESC, f.store, f.shard, f.position DESC
LIMIT $10

-- name: streams
-- Streams that have such an event, by name: $1 the name that the page before ended with, $2 beginning of the names, $3 what
-- comes after all names that begin so, $4 to $8 as $5 to $9 above, $9 at most so many.
SELECT e.stream, e.store, e.shard, count(*) AS events, max(e.stream_version) AS version,
       min(e.recorded_at) AS first_recorded_at, max(e.recorded_at) AS last_recorded_at,
       (array_agg(e.type ORDER BY e.position DESC))[1] AS last_type
FROM events e
WHERE e.stream > $1
  AND ($2::text IS NULL OR e.stream >= $2 AND e.stream < $3)
  AND ($4::text IS NULL OR e.name = $4)
  AND ($5::text IS NULL OR strpos(e.metadata, $5) > 0)
  AND ($6::text IS NULL OR strpos(e.data, $6) > 0)
  AND ($7::timestamptz IS NULL OR e.recorded_at >= $7)
  AND ($8::timestamptz IS NULL OR e.recorded_at <= $8)
GROUP BY e.stream, e.store, e.shard
ORDER BY e.stream, e.store
LIMIT $9
