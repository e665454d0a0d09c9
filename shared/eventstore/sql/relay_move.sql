-- Compare and set: no row when another relay has moved the cursor. Its commit is not waited for: a cursor that a crash
-- of the server sets back makes the relay send again what is in the topic already, which consumers recognise.
WITH at_once AS (SELECT set_config('synchronous_commit', 'off', true))
UPDATE relay_cursor SET position = $3 FROM at_once WHERE shard = $1 AND position = $2 RETURNING position
