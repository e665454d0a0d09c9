SELECT EXISTS (SELECT FROM skips WHERE store = $1 AND shard = $2 AND record = $3)
