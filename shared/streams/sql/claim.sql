INSERT INTO consumer_offsets AS o (consumer, store, shard, epoch) VALUES ($1, $2, $3, 1)
ON CONFLICT (consumer, store, shard) DO UPDATE SET epoch = o.epoch + 1
RETURNING next_offset, epoch, position, hash
