SELECT id, at, until, actor, action, target, reason, request FROM operator_proposals
WHERE decided_at IS NULL AND until > clock_timestamp() ORDER BY at DESC LIMIT $1
