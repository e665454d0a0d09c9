-- What alarms are judged by, besides the figures.

-- name: programmes
SELECT programme FROM programme ORDER BY programme

-- name: caught_up
-- Whether the views know what the stores ($2) announced a minute ago; $1 names the consumer whose offsets count. While they
-- are filled anew, what they say is how things once were, and nobody is to be told of it.
WITH reach AS (
    SELECT known.store, known.shard, max(known.position) AS position
    FROM (
        SELECT store, shard, position FROM applied
        UNION ALL
        SELECT store, shard, position FROM consumer_offsets WHERE consumer = $1
    ) AS known
    GROUP BY known.store, known.shard
),
seen AS (
    SELECT h.store, max(h.time) AS newest, max(h.time) FILTER (WHERE h.position <= coalesce(r.position, 0)) AS passed
    FROM heads h
    LEFT JOIN reach r ON r.store = h.store AND r.shard = h.shard
    GROUP BY h.store, h.shard
)
SELECT coalesce(
    bool_and(passed IS NOT NULL AND newest - passed <= interval '1 minute')
        AND array_agg(DISTINCT store) @> ($2::text[] COLLATE "C"),
    false
)
FROM seen

-- name: unverified_scores
-- Scores of programme $1 whose scope and period are measured by themselves, and have no verified figure. The year's of
-- what is measured more often is made of its periods'.
SELECT DISTINCT s.indicator, s.scope, s.period
FROM score s
JOIN indicator i ON i.programme = s.programme AND i.code = s.indicator
LEFT JOIN measurement m ON m.stream = s.stream
WHERE s.programme = $1 AND m.verified_figure IS NULL
  AND (i.measured_at = 'nation' OR s.scope <> 'TH') AND (i.frequency = 'yearly' OR s.period NOT LIKE '%-Y')
ORDER BY s.indicator, s.scope, s.period

-- name: credentials
-- Credentials of publishers that were neither revoked nor voided.
SELECT b.body ->> 'publisher' AS publisher, b.body ->> 'credential' AS credential, b.body ->> 'kind' AS kind,
       (b.body ->> 'expires_on')::date AS expires_on
FROM events i
CROSS JOIN LATERAL (SELECT nullif(i.data, '')::jsonb AS body) AS b
WHERE i.programme IS NULL AND i.name = 'CredentialIssued'
  AND NOT EXISTS (SELECT FROM events v WHERE v.stream = i.stream AND v.voids = i.event_id)
  AND NOT EXISTS (
      SELECT FROM events r
      WHERE r.stream = i.stream AND r.name = 'CredentialRevoked'
        AND nullif(r.data, '')::jsonb ->> 'credential' = b.body ->> 'credential'
        AND NOT EXISTS (SELECT FROM events v WHERE v.stream = r.stream AND v.voids = r.event_id)
  )
ORDER BY i.stream, i.position

-- name: connections
-- Of the whole server; what is reserved for its administrators is nobody's to take.
SELECT (SELECT coalesce(sum(numbackends), 0) FROM pg_stat_database)::int AS used,
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true)::int, 0) AS most

-- name: time
SELECT clock_timestamp()

-- name: parked
-- What consumers of this database have set aside, and nobody decided to skip; not of versions of the views beside the live.
SELECT p.consumer, count(*)::int AS count
FROM parked p
LEFT JOIN skips s ON s.store = p.store AND s.shard = p.shard AND s.record = p.record
WHERE s.record IS NULL AND NOT EXISTS (SELECT FROM public.rebuilds r WHERE r.schema = p.consumer)
GROUP BY p.consumer

-- name: heads
SELECT store, max(time) AS time FROM heads GROUP BY store ORDER BY store

-- name: differences
-- What the last verification that came to its end found.
SELECT p.part, p.service, p.of, p.place, p.message
FROM public.proofs p
WHERE p.place <> ''
  AND p.run = (SELECT max(r.id) FROM public.proof_runs r WHERE r.finished_at IS NOT NULL AND r.error = '')
ORDER BY p.nth

-- name: last_proof_error
SELECT error FROM public.proof_runs WHERE finished_at IS NOT NULL ORDER BY id DESC LIMIT 1

-- name: canaries
SELECT store, clock_timestamp() - max(applied_at) AS ago FROM public.canary GROUP BY store ORDER BY store
