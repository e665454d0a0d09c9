INSERT INTO operator_audit (actor, seconded_by, action, target, reason, outcome) VALUES ($1, $2, $3, $4, $5, $6)
RETURNING id
