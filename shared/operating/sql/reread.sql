-- Positions stay: what was read before is recognised by them.
WITH begun AS (
    UPDATE consumer_offsets SET next_offset = 0, epoch = epoch + 1, moved_at = clock_timestamp() WHERE store = $1
    RETURNING shard
)
SELECT count(*) FROM begun
