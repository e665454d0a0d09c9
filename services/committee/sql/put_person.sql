-- $1 a new id, $2 publisher, $3 ref, $4 name. The name is kept up to date; the id stays the one first given.
INSERT INTO persons (person_id, publisher, ref, display_name)
VALUES ($1, $2, $3, $4)
ON CONFLICT (publisher, ref) DO UPDATE SET display_name = excluded.display_name
RETURNING person_id
