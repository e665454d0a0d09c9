-- Reporting's copy of an event, which a redaction empties too.

-- name: versions
-- Versions of the views beside the live one, which hold a copy each.
SELECT schema FROM public.rebuilds WHERE state NOT IN ('live', 'dropped') ORDER BY number

-- name: empty
WITH emptied AS (
    UPDATE reporting.events SET data = '' WHERE store = $1 AND shard = $2 AND position = $3 AND data <> ''
    RETURNING position
)
SELECT count(*) FROM emptied
