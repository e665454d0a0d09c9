-- What a backup tells of a database, and what keeps one from being brought back.

-- name: made
SELECT name, shards FROM store

-- name: positions
SELECT s.shard, coalesce((SELECT max(position) FROM events e WHERE e.shard = s.shard), 0) AS position
FROM generate_series(0, $1::int - 1) AS s (shard) ORDER BY s.shard

-- name: migrations
SELECT name FROM migrations ORDER BY name

-- name: sessions
-- Of others than this one; the server's own work has no user.
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL
