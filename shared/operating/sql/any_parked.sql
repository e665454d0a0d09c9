SELECT EXISTS (
    SELECT FROM parked
    WHERE consumer = $1 AND ($2::text IS NULL OR stream = $2) AND ($3::text IS NULL OR code = $3)
)
