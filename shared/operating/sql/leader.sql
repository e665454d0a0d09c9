-- The session that leads a relay's shard, if there is one.
SELECT pid FROM pg_locks
WHERE locktype = 'advisory' AND classid = 71002 AND objid = $1 AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
