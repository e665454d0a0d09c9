SELECT position FROM consumer_offsets WHERE consumer = $1 AND store = $2 AND shard = $3
