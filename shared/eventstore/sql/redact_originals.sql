-- Forgets what was kept of the body of fact $2 of source $1, from which an event came.
WITH keys AS (DELETE FROM original_keys WHERE source = $1 AND id = $2),
     gone AS (DELETE FROM originals WHERE source = $1 AND id = $2 RETURNING id)
SELECT count(*) FROM gone
