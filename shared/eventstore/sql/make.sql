WITH made AS (
    INSERT INTO store (name, shards, clock, secret) VALUES ($1::text, $2::int, $3::text, $4::bytea)
    ON CONFLICT DO NOTHING
    RETURNING shards
)
INSERT INTO relay_cursor (shard) SELECT generate_series(0, shards - 1) FROM made
