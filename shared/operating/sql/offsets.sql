-- How far each consumer has read, and how much of each partition it has parked.
SELECT o.consumer, o.store, o.shard, o.next_offset, o.position, o.moved_at, coalesce(p.parked, 0) AS parked
FROM consumer_offsets o
LEFT JOIN (SELECT consumer, store, shard, count(*) AS parked FROM parked GROUP BY 1, 2, 3) AS p
     USING (consumer, store, shard)
ORDER BY o.consumer, o.store, o.shard
