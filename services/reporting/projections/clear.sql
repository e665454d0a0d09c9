-- A stream's rows of one table, taken away before they are written anew.

-- name: programme
DELETE FROM programme WHERE stream = ANY ($1::text[])

-- name: committee
DELETE FROM committee WHERE stream = ANY ($1::text[])

-- name: meeting
DELETE FROM meeting WHERE stream = ANY ($1::text[])

-- name: activity
DELETE FROM activity WHERE stream = ANY ($1::text[])

-- name: briefing
DELETE FROM briefing WHERE stream = ANY ($1::text[])

-- name: acknowledgement
DELETE FROM acknowledgement WHERE stream = ANY ($1::text[])

-- name: indicator
DELETE FROM indicator WHERE stream = ANY ($1::text[])

-- name: period
DELETE FROM period WHERE stream = ANY ($1::text[])

-- name: period_extension
DELETE FROM period_extension WHERE stream = ANY ($1::text[])

-- name: measurement
DELETE FROM measurement WHERE stream = ANY ($1::text[])

-- name: score
DELETE FROM score WHERE stream = ANY ($1::text[])

-- name: voided
DELETE FROM voided WHERE stream = ANY ($1::text[])

-- name: visit
DELETE FROM visit WHERE stream = ANY ($1::text[])

-- name: recommendation
DELETE FROM recommendation WHERE stream = ANY ($1::text[])
