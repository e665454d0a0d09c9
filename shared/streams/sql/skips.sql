SELECT record FROM skips WHERE store = $1 AND shard = $2 AND record >= $3 AND record < $4
