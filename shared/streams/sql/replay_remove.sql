DELETE FROM parked WHERE consumer = $1 AND store = $2 AND shard = $3 AND record = $4
