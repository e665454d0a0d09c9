-- No row: another process has claimed the partition.
SELECT epoch FROM consumer_offsets WHERE consumer = $1 AND store = $2 AND shard = $3 AND epoch = $4 FOR UPDATE
