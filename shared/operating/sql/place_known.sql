SELECT EXISTS (SELECT FROM consumer_offsets WHERE store = $1 AND shard = $2)
