-- In how many rows of each place any of the texts $1 stands, and how many rows there are.
WITH names AS (SELECT unnest($1::text[]) AS name),
     texts AS (
         SELECT 'events' AS place, metadata || coalesce(data, '') AS content FROM events
         UNION ALL SELECT 'answers', events || coalesce(reason, '') || source || id FROM inbox
         UNION ALL SELECT 'receipts', events || coalesce(reason, '') || source || id FROM receipts
         UNION ALL SELECT 'waiting facts', fact || reason || source || id FROM waiting
         UNION ALL SELECT 'copies of other services'' events', metadata || data FROM learned_events
         UNION ALL SELECT 'parked records', headers || message || coalesce(encode(value, 'escape'), '') FROM parked
         UNION ALL SELECT 'audit of operators', target || reason || outcome FROM operator_audit
         UNION ALL SELECT 'proposals of operators', target || reason || request FROM operator_proposals
     )
SELECT t.place, count(*) AS checked,
       count(*) FILTER (WHERE EXISTS (
           SELECT FROM names n
           WHERE position(n.name IN t.content) > 0
              OR position(encode(convert_to(n.name, 'UTF8'), 'escape') IN t.content) > 0
       )) AS found
FROM texts t
GROUP BY t.place
ORDER BY t.place
