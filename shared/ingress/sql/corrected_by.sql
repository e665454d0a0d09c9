-- By fact, the accepted one that was sent in its place.
SELECT DISTINCT ON (c.source, c.id) c.source, c.id, c.by_source, c.by_id
FROM unnest($2::text[], $3::text[]) AS asked (source, id)
JOIN corrections c ON c.source = asked.source AND c.id = asked.id AND c.publisher = $1
JOIN receipts r ON r.source = c.by_source AND r.id = c.by_id AND r.outcome = 'accepted'
ORDER BY c.source, c.id, r.serial DESC
