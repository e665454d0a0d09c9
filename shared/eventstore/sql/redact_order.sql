-- The newest order of action $1 on target $2 that operators decided, when it is no older than $3.
SELECT actor, seconded_by, reason FROM operator_audit
WHERE action = $1 AND target = $2 AND at > clock_timestamp() - $3::interval
ORDER BY id DESC LIMIT 1
