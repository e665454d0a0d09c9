-- Keeps that a fact is sent in place of another of the same publisher that did not come to stand; says whether there is one.
WITH meant AS (
    SELECT FROM receipts
    WHERE publisher = $3 AND source = $4 AND id = $5 AND outcome IN ('rejected', 'quarantined')
    LIMIT 1
), kept AS (
    INSERT INTO corrections (by_source, by_id, publisher, source, id) SELECT $1, $2, $3, $4, $5 FROM meant
    ON CONFLICT DO NOTHING
)
SELECT EXISTS (SELECT FROM meant)
