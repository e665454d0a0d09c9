-- Of each publisher the newest $1 receipts, and as many before them, by outcome; with the commonest reason of those that
-- were refused lately. Publishers are found one after another by the index, whatever the number of receipts.
WITH RECURSIVE publishers AS (
    (SELECT publisher FROM receipts ORDER BY publisher LIMIT 1)
    UNION ALL
    SELECT (SELECT r.publisher FROM receipts r WHERE r.publisher > p.publisher ORDER BY r.publisher LIMIT 1)
    FROM publishers p WHERE p.publisher IS NOT NULL
),
numbered AS (
    SELECT p.publisher, r.outcome, r.reason::jsonb ->> 'code' AS code, r.decided_at, r.nth > $1 AS earlier
    FROM publishers p
    CROSS JOIN LATERAL (
        SELECT outcome, reason, decided_at, row_number() OVER (ORDER BY serial DESC) AS nth
        FROM receipts WHERE publisher = p.publisher ORDER BY serial DESC LIMIT 2 * $1
    ) AS r
    WHERE p.publisher IS NOT NULL
)
SELECT publisher, max(decided_at) AS last_at,
       count(*) FILTER (WHERE NOT earlier) AS receipts,
       count(*) FILTER (WHERE NOT earlier AND outcome = 'accepted') AS accepted,
       count(*) FILTER (WHERE NOT earlier AND outcome = 'rejected') AS rejected,
       count(*) FILTER (WHERE NOT earlier AND outcome = 'quarantined') AS quarantined,
       count(*) FILTER (WHERE NOT earlier AND outcome = 'waiting') AS waiting,
       count(*) FILTER (WHERE NOT earlier AND outcome = 'conflict') AS conflict,
       count(*) FILTER (WHERE earlier) AS receipts_before,
       count(*) FILTER (WHERE earlier AND outcome IN ('rejected', 'quarantined', 'conflict')) AS refused_before,
       mode() WITHIN GROUP (ORDER BY code) FILTER (WHERE NOT earlier AND outcome IN ('rejected', 'quarantined', 'conflict')) AS code
FROM numbered
GROUP BY publisher
ORDER BY publisher
