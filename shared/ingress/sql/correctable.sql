-- Whether a publisher's fact did not come to stand, so that another may be sent in its place.
SELECT EXISTS (
    SELECT FROM receipts
    WHERE publisher = $1 AND source = $2 AND id = $3 AND outcome IN ('rejected', 'quarantined')
)
