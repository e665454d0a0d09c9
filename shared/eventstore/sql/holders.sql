-- By claim, the stream that holds it now; claims that nobody holds are left out.
SELECT asked.n, newest.stream
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (scope, key, n)
CROSS JOIN LATERAL (
    SELECT c.stream, c.held FROM claims c
    WHERE c.scope = asked.scope AND c.key = asked.key ORDER BY c.serial DESC LIMIT 1
) AS newest
WHERE newest.held
