-- Every table in order of its key, for comparing two schemas row by row. The key's columns come first.

-- name: events
SELECT * FROM events ORDER BY store, shard, position

-- name: programme
SELECT * FROM programme ORDER BY programme

-- name: committee
SELECT * FROM committee ORDER BY stream, valid_from

-- name: meeting
SELECT * FROM meeting ORDER BY stream

-- name: activity
SELECT * FROM activity ORDER BY stream

-- name: briefing
SELECT * FROM briefing ORDER BY stream

-- name: acknowledgement
SELECT * FROM acknowledgement ORDER BY stream, committee

-- name: indicator
SELECT * FROM indicator ORDER BY programme, code

-- name: period
SELECT * FROM period ORDER BY programme, period

-- name: period_extension
SELECT * FROM period_extension ORDER BY programme, period, region

-- name: measurement
SELECT * FROM measurement ORDER BY stream

-- name: score
SELECT * FROM score ORDER BY event_id

-- name: voided
SELECT * FROM voided ORDER BY event_id

-- name: visit
SELECT * FROM visit ORDER BY stream

-- name: recommendation
SELECT * FROM recommendation ORDER BY stream

-- name: budget
SELECT * FROM budget ORDER BY programme, activity, region
