SELECT id, at, actor, seconded_by, action, target, reason, outcome FROM operator_audit
WHERE id < $1 ORDER BY id DESC LIMIT $2
