-- $1 id. Erased once; a second time changes nothing.
UPDATE persons
SET publisher = NULL, ref = NULL, display_name = NULL, erased_at = coalesce(erased_at, clock_timestamp())
WHERE person_id = $1
RETURNING person_id
