-- First of the two: it waits for a batch in hand, whose claim does not hold any more afterwards.
WITH rewound AS (
    UPDATE consumer_offsets
    SET next_offset = 0, position = 0, hash = repeat('0', 64), epoch = epoch + 1, moved_at = clock_timestamp()
    WHERE consumer = $1
    RETURNING shard
)
SELECT count(*) FROM rewound
