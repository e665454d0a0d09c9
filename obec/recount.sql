-- The row tables of the views, each in order of its key, as they are held against an independent fold.

-- name: revision
-- Whoever reads this keeps the views from being swapped until the end of the transaction.
SELECT revision FROM public.views_revision

-- name: read
-- How far the views have read, and with them how far the fold goes.
SELECT store, shard, position FROM public.consumer_offsets WHERE consumer = 'reporting' AND position > 0
ORDER BY store, shard

-- name: parked
SELECT store, shard, record FROM public.parked WHERE consumer = 'reporting'

-- name: skipped
SELECT store, shard, record FROM public.skips

-- name: events
SELECT * FROM reporting.events ORDER BY store, shard, position

-- name: programme
SELECT * FROM reporting.programme ORDER BY programme

-- name: committee
SELECT * FROM reporting.committee ORDER BY stream, valid_from

-- name: meeting
SELECT * FROM reporting.meeting ORDER BY stream

-- name: activity
SELECT * FROM reporting.activity ORDER BY stream

-- name: briefing
SELECT * FROM reporting.briefing ORDER BY stream

-- name: acknowledgement
SELECT * FROM reporting.acknowledgement ORDER BY stream, committee

-- name: indicator
SELECT * FROM reporting.indicator ORDER BY programme, code

-- name: period
SELECT * FROM reporting.period ORDER BY programme, period

-- name: period_extension
SELECT * FROM reporting.period_extension ORDER BY programme, period, region

-- name: measurement
SELECT * FROM reporting.measurement ORDER BY stream

-- name: score
SELECT * FROM reporting.score ORDER BY event_id

-- name: voided
SELECT * FROM reporting.voided ORDER BY event_id

-- name: visit
SELECT * FROM reporting.visit ORDER BY stream

-- name: recommendation
SELECT * FROM reporting.recommendation ORDER BY stream

-- name: budget
SELECT * FROM reporting.budget ORDER BY programme, activity, region

-- name: applied
SELECT * FROM reporting.applied ORDER BY store, shard
