-- Compare and set: no row when another relay has moved the cursor.
UPDATE relay_cursor SET position = $3 WHERE shard = $1 AND position = $2 RETURNING position
