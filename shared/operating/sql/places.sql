SELECT store, shard FROM consumer_offsets WHERE consumer = $1 ORDER BY store, shard
FOR UPDATE
