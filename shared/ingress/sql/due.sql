SELECT source, id, digest, publisher, type, stream, waits_for, reason, fact, occurred_at, received_at, expires_at, woken
FROM waiting
WHERE woken > looked_at OR expires_at <= business_now()
ORDER BY occurred_at, received_at, source, id
LIMIT $1
