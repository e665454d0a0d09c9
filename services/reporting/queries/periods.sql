-- The periods of programmes as operators see them: which are closed, who may send later, and what was ordered of them.

-- name: sets
-- Every set of indicators, with the frequencies at which something of it is measured.
SELECT programme, stream, array_agg(DISTINCT frequency) AS frequencies
FROM indicator WHERE closed_at IS NULL
GROUP BY programme, stream
ORDER BY programme

-- name: standing
SELECT programme, period, closed, changed_at FROM period

-- name: extensions
SELECT programme, period, region, until FROM period_extension ORDER BY programme, period, region

-- name: orders
-- What was ordered of the periods of these sets, the newest first.
SELECT stream, period, name, event_id, metadata, data, recorded_at
FROM events
WHERE stream = ANY ($1::text[]) AND name IN ('PeriodClosed', 'PeriodReopened', 'PeriodExtended')
ORDER BY stream, position DESC
