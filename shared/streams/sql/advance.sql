-- Compare and set, the first statement of a batch's transaction. No row: another process has claimed the partition.
-- Tells which of the batch's records an operator decided to leave out.
UPDATE consumer_offsets SET next_offset = $6, position = $7, hash = $8, moved_at = clock_timestamp()
WHERE consumer = $1 AND store = $2 AND shard = $3 AND next_offset = $4 AND epoch = $5
RETURNING ARRAY(
    SELECT s.record FROM skips s WHERE s.store = $2 AND s.shard = $3 AND s.record >= $4 AND s.record < $6
) AS skipped
