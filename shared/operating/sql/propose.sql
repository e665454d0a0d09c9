-- What lapsed keeps nothing of what was asked.
WITH lapsed AS (
    UPDATE operator_proposals SET request = '{}' WHERE until <= clock_timestamp() AND request <> '{}'
)
INSERT INTO operator_proposals (id, until, actor, action, target, reason, request)
VALUES ($1, clock_timestamp() + $2, $3, $4, $5, $6, $7)
