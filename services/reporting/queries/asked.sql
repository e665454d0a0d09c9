-- What an answer is as of, how fresh it is, and the events that it is folded from.

-- name: begin
-- One trip to the server. The lock is taken before the snapshot is: who waited for a swap reads what came of it.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; LOCK TABLE public.views_revision IN ACCESS SHARE MODE

-- name: end
COMMIT

-- name: programmes
SELECT programme, fiscal_year, definition -> 'name' AS name FROM programme ORDER BY fiscal_year DESC, programme

-- name: applied
SELECT store, shard, position FROM applied ORDER BY store, shard

-- name: positions_at
SELECT store, shard, position_at(store, shard, $1) AS position FROM applied ORDER BY store, shard

-- name: reached
SELECT coalesce((SELECT position FROM applied WHERE store = $1 AND shard = $2), 0)

-- name: look
-- What an answer would be made of. $1 names the consumer whose offsets count, $2 the stores that are read, $3 is as_of (null:
-- now), $4 the business time. A shard is complete up to the time of the newest head that was passed:
-- everything seen was applied, or an operator decided to skip it; what is parked undecided holds the shard at what was
-- applied. `turned` is when the figures of now turned last: with an event, when a day began in Bangkok, or when an order
-- came into effect.
WITH undecided AS (
    SELECT p.store, p.shard
    FROM parked p
    LEFT JOIN skips s ON s.store = p.store AND s.shard = p.shard AND s.record = p.record
    WHERE p.consumer = $1 AND s.record IS NULL
),
reach AS (
    SELECT store, shard, max(position) AS position
    FROM (
        SELECT store, shard, position FROM applied
        UNION ALL
        SELECT o.store, o.shard, o.position
        FROM consumer_offsets o
        WHERE o.consumer = $1
          AND NOT EXISTS (SELECT FROM undecided u WHERE u.store = o.store AND u.shard = o.shard)
    ) AS known
    GROUP BY store, shard
),
passed AS (
    SELECT h.store, h.shard, max(h.time) FILTER (WHERE h.position <= coalesce(r.position, 0)) AS time
    FROM heads h
    LEFT JOIN reach r ON r.store = h.store AND r.shard = h.shard
    GROUP BY h.store, h.shard
),
places AS (
    SELECT a.store, a.shard, a.recorded_at, a.position FROM applied a WHERE $3::timestamptz IS NULL
    UNION ALL
    SELECT p.store, p.shard, e.recorded_at, p.position
    FROM (
        SELECT a.store, a.shard, position_at(a.store, a.shard, $3) AS position
        FROM applied a
        WHERE $3::timestamptz IS NOT NULL
    ) AS p
    LEFT JOIN LATERAL (
        SELECT e.recorded_at
        FROM events e
        WHERE e.store = p.store AND e.shard = p.shard AND e.position <= p.position
        ORDER BY e.position DESC
        LIMIT 1
    ) AS e ON true
),
read AS (
    SELECT coalesce(array_agg(store ORDER BY store, shard), '{}') AS stores,
           coalesce(array_agg(shard ORDER BY store, shard), '{}') AS shards,
           coalesce(array_agg(position ORDER BY store, shard), '{}') AS positions,
           max(recorded_at) AS newest_recorded_at
    FROM places
),
day AS (
    SELECT ($4::timestamptz AT TIME ZONE 'Asia/Bangkok')::date AS today
)
SELECT r.stores, r.shards, r.positions, r.newest_recorded_at,
       (SELECT v.revision FROM public.views_revision v) AS revision,
       (
           SELECT CASE
               WHEN bool_and(time IS NOT NULL) AND array_agg(DISTINCT store COLLATE "C") @> ($2::text[] COLLATE "C")
               THEN min(time)
           END
           FROM passed
       ) AS complete_up_to,
       (SELECT count(*) FROM undecided) AS parked,
       least($4, greatest(
           r.newest_recorded_at,
           d.today::timestamp AT TIME ZONE 'Asia/Bangkok',
           (SELECT max(c.valid_from) FROM committee c WHERE c.valid_from <= $4)
       )) AS turned,
       least(
           (d.today + 1)::timestamp AT TIME ZONE 'Asia/Bangkok',
           (SELECT min(c.valid_from) FROM committee c WHERE c.valid_from > $4)
       ) AS turns_next
FROM read r
CROSS JOIN day d

-- name: events_between
-- Events of programme $1, and voidings of such, from above one position ($4) up to another ($5) of each shard ($2 stores,
-- $3 shards), in the order in which they were recorded; $6 at most, and how many there are.
SELECT e.store, e.shard, e.position, e.stream, e.stream_version, e.event_id, e.type, e.name, e.region, e.activity, e.indicator,
       e.period, e.occurred_at, e.recorded_at, e.voids, count(*) OVER () AS total
FROM events e
JOIN unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[]) AS k (store, shard, above, upto)
    ON k.store = e.store AND k.shard = e.shard AND e.position > k.above AND e.position <= k.upto
WHERE e.programme = $1
   OR e.voids IS NOT NULL AND EXISTS (SELECT FROM events b WHERE b.stream = e.stream AND b.programme = $1)
ORDER BY e.recorded_at, e.store, e.shard, e.position
LIMIT $6

-- name: known_events
-- Events of programme $1 at or below the positions ($2 stores, $3 shards, $4 positions) whose stream begins with one of $5
-- or whose name is one of $6, and every voiding known there of a stream so found.
WITH known AS MATERIALIZED (
    SELECT * FROM unnest($2::text[], $3::integer[], $4::bigint[]) AS k (store, shard, position)
),
beginning AS (
    SELECT DISTINCT b.prefix
    FROM unnest($5::text[]) AS b (prefix)
    WHERE NOT EXISTS (SELECT FROM unnest($5::text[]) AS o (prefix) WHERE o.prefix <> b.prefix AND starts_with(b.prefix, o.prefix))
),
told AS (
    -- What begins with a text stands from that text up to the last character there is behind it: an index gives the range.
    SELECT e.*
    FROM beginning b
    JOIN events e ON e.programme = $1 AND e.stream >= b.prefix AND e.stream < b.prefix || U&'\+10FFFF'
    UNION ALL
    SELECT e.*
    FROM events e
    WHERE e.programme = $1 AND e.name = ANY ($6::text[])
      AND NOT EXISTS (SELECT FROM beginning b WHERE starts_with(e.stream, b.prefix))
),
found AS MATERIALIZED (
    SELECT e.store, e.shard, e.position, e.stream, e.stream_version, e.event_id, e.type, e.occurred_at, e.recorded_at,
           e.received_at, e.data
    FROM told e
    JOIN known k ON k.store = e.store AND k.shard = e.shard AND e.position <= k.position
)
SELECT * FROM found
UNION ALL
SELECT v.store, v.shard, v.position, v.stream, v.stream_version, v.event_id, v.type, v.occurred_at, v.recorded_at, v.received_at,
       v.data
FROM events v
JOIN known k ON k.store = v.store AND k.shard = v.shard AND v.position <= k.position
WHERE v.voids IS NOT NULL AND v.stream = ANY (ARRAY(SELECT DISTINCT stream FROM found))
ORDER BY stream, position
