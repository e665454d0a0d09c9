SELECT * FROM receipts
WHERE publisher = $1 AND serial > $2 AND ($4::text IS NULL OR outcome = $4)
ORDER BY serial
LIMIT $3
