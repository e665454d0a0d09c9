SELECT actor, action, target, reason, request, decided_at IS NOT NULL AS decided, until <= clock_timestamp() AS lapsed
FROM operator_proposals WHERE id = $1 FOR UPDATE
