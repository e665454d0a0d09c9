WITH kept AS (
    INSERT INTO originals (source, id, publisher, kind, sealed, kept_until)
    VALUES ($1, $2, $3, $4, $5, now() + $6::interval)
    ON CONFLICT DO NOTHING
    RETURNING source, id
)
INSERT INTO original_keys (source, id, key) SELECT source, id, $7 FROM kept
