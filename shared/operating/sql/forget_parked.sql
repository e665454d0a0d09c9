-- A record without a position was no event of the store: nobody lacks it.
WITH gone AS (DELETE FROM parked WHERE store = $1 RETURNING consumer, position)
SELECT consumer, count(*) AS records, count(position) AS events FROM gone GROUP BY consumer ORDER BY consumer
