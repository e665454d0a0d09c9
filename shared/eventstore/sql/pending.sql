SELECT digest, stream, reason, received_at, expires_at FROM waiting WHERE source = $1 AND id = $2
