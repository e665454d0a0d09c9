-- What became of a publisher's facts, by the Bangkok day on which they were received. The last receipt of a fact holds.
WITH last AS (
    SELECT DISTINCT ON (source, id) source, id, outcome, (received_at AT TIME ZONE 'Asia/Bangkok')::date AS day
    FROM receipts
    WHERE publisher = $1 AND received_at >= $2 AND received_at < $3 AND outcome <> 'conflict'
    ORDER BY source, id, serial DESC
), hashed AS (
    SELECT day, encode(sha256(convert_to(
               string_agg(source || ' ' || id || ' ' || outcome || chr(10), '' ORDER BY (source || ' ' || id || ' ' || outcome) COLLATE "C"),
               'UTF8')), 'hex') AS sha256
    FROM last GROUP BY day
)
SELECT l.day, l.outcome, count(*) AS facts, h.sha256
FROM last l JOIN hashed h USING (day)
GROUP BY l.day, l.outcome, h.sha256
ORDER BY l.day, l.outcome
