INSERT INTO operator_proposals (id, until, actor, action, target, reason, request)
VALUES ($1, clock_timestamp() + $2, $3, $4, $5, $6, $7)
