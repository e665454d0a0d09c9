-- A replay ends once every partition that has something parked which it may choose has been gone through.
UPDATE replays r SET finished_at = clock_timestamp()
WHERE r.id = $1 AND NOT EXISTS (
    SELECT FROM parked p
    WHERE p.consumer = r.consumer AND p.store || '/' || p.shard <> ALL (r.places)
      AND (r.stream IS NULL OR p.stream = r.stream)
      AND (r.record IS NULL OR (p.store = r.store AND p.shard = r.shard AND p.record = r.record))
      AND (r.code IS NULL OR p.code = r.code)
)
