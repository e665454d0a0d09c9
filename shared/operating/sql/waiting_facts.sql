SELECT source, id, publisher, type, stream, waits_for, reason, occurred_at, received_at, expires_at, count(*) OVER () AS total
FROM waiting
ORDER BY received_at, source, id
LIMIT $1
