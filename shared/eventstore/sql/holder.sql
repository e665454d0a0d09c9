SELECT stream FROM (
    SELECT stream, held FROM claims WHERE scope = $1 AND key = $2 ORDER BY serial DESC LIMIT 1
) AS newest
WHERE held
