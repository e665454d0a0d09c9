-- Rows that this session has written so far, by table; what operators order is no effect of an event.
SELECT coalesce(pg_partition_root(relid), relid)::regclass::text AS "table",
       sum(n_tup_ins)::bigint AS inserted, sum(n_tup_upd)::bigint AS updated, sum(n_tup_del)::bigint AS deleted
FROM pg_stat_xact_user_tables
WHERE relname NOT IN ('parked', 'consumer_offsets')
GROUP BY 1
