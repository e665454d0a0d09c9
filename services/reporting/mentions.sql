-- name: mentions
-- In how many rows of the views' events and of the archive any of the texts $1 stands, and how many rows there are. Files
-- of an edition that are packed (PDF, XLSX) say what its content says, which is searched.
WITH names AS (SELECT unnest($1::text[]) AS name),
     texts AS (
         SELECT 'events of the views' AS place, metadata || data AS content FROM events
         UNION ALL SELECT 'published reports', encode(content, 'escape') FROM public.report_content
         UNION ALL SELECT 'files of reports', encode(bytes, 'escape') FROM public.report_file
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
