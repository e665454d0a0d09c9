-- Claims that came back, in the order in which they were taken and released. $1 as in restore_answers.
INSERT INTO claims (scope, key, stream, held, shard, position)
SELECT c.value ->> 0, c.value ->> 1, c.value ->> 2, (c.value ->> 3)::boolean, e.shard, e.position
FROM unnest($1::bigint[]) WITH ORDINALITY AS s (head, nth)
JOIN events e ON e.shard = s.nth - 1 AND e.position > s.head
CROSS JOIN LATERAL jsonb_array_elements(coalesce(e.metadata::jsonb -> 'claims', '[]')) WITH ORDINALITY AS c (value, n)
ORDER BY e.recorded_at, c.n
