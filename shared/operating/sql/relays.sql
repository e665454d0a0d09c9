-- Of each shard: how far its relay is, how far the shard, how old the first event that was not sent is, who leads.
SELECT c.shard, c.position, coalesce(h.position, 0) AS head,
       coalesce(extract(epoch FROM business_now() - next.recorded_at), 0)::float8 AS backlog_seconds,
       EXISTS (SELECT FROM pg_locks l
               WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid = 71002 AND l.objid = c.shard
                 AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())) AS leading
FROM relay_cursor c
LEFT JOIN LATERAL (
    SELECT e.position FROM events e WHERE e.shard = c.shard ORDER BY e.position DESC LIMIT 1
) AS h ON true
LEFT JOIN events next ON next.shard = c.shard AND next.position = c.position + 1
ORDER BY c.shard
