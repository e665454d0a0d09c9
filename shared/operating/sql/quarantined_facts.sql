-- Facts that could not be taken and have not been corrected by their sender.
SELECT i.source, i.id, i.stream, i.reason, i.received_at, i.recorded_at AS decided_at,
       (SELECT r.publisher FROM receipts r WHERE r.source = i.source AND r.id = i.id ORDER BY r.serial DESC LIMIT 1) AS publisher,
       EXISTS (SELECT FROM originals o WHERE o.source = i.source AND o.id = i.id) AS original_kept,
       count(*) OVER () AS total
FROM inbox i
WHERE i.outcome = 'quarantined'
  AND NOT EXISTS (SELECT FROM corrections c WHERE c.source = i.source AND c.id = i.id)
ORDER BY i.received_at DESC, i.source, i.id
LIMIT $1
