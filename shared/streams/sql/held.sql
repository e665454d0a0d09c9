-- How many of these claims hold: $2 stores, $3 shards, $4 epochs.
SELECT count(*)
FROM unnest($2::text[], $3::integer[], $4::bigint[]) AS c (store, shard, epoch)
JOIN consumer_offsets o ON o.consumer = $1 AND o.store = c.store AND o.shard = c.shard AND o.epoch = c.epoch
