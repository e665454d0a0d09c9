-- What was asked is not kept once it is done: the audit tells what that was.
UPDATE operator_proposals SET decided_at = clock_timestamp(), request = '{}' WHERE id = $1
