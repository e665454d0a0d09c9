-- $1 ids; in their order, without those that were never given.
SELECT person_id, display_name
FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (person_id, place)
JOIN persons USING (person_id)
ORDER BY place
