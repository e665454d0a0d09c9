WITH lifted AS (DELETE FROM skips WHERE store = $1 RETURNING shard, record)
SELECT shard, record FROM lifted ORDER BY shard, record
