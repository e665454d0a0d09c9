-- Empties a service's copy of the event at position $3 of shard $2 of store $1.
WITH emptied AS (
    UPDATE learned_events SET data = '' WHERE store = $1 AND shard = $2 AND position = $3 AND data <> '' RETURNING position
)
SELECT count(*) FROM emptied
