INSERT INTO events (shard, position, stream, stream_version, event_id, type, schema_version, occurred_at, recorded_at,
                    received_at, metadata, data, salt, data_hash, hash)
VALUES ($1, $2, $3, $4, $5::text::uuid, $6, $7, $8, $9, $10, $11, $12::text, $13::bytea,
        coalesce($15::bytea, sha256($13::bytea || convert_to($12::text, 'UTF8'))), $14)
