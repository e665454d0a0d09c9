-- Empties what a service has parked of the event at position $3 of shard $2 of store $1.
WITH emptied AS (
    UPDATE parked SET value = '' WHERE store = $1 AND shard = $2 AND position = $3 AND value <> '' RETURNING record
)
SELECT count(*) FROM emptied
