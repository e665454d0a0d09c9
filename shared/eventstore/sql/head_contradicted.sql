-- What contradicts a head of shard $1 that says: at $3 (business clock) everything recorded stood at or below $2.
SELECT coalesce((SELECT max(position) FROM events WHERE shard = $1), 0) AS last,
       (SELECT min(position) FROM events WHERE shard = $1 AND position > $2 AND recorded_at <= $3) AS earlier
