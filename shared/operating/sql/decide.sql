UPDATE operator_proposals SET decided_at = clock_timestamp() WHERE id = $1
