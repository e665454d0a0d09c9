-- Answers of the appends that came back. $1: for each shard, the position above which its events came back.
WITH back AS (
    SELECT e.*, e.metadata::jsonb AS about
    FROM unnest($1::bigint[]) WITH ORDINALITY AS s (head, nth)
    JOIN events e ON e.shard = s.nth - 1 AND e.position > s.head
), whole AS (
    SELECT about ->> 'command' AS command, about ->> 'answers_for' AS stream, about ->> 'digest' AS digest
    FROM back WHERE about ? 'digest'
)
INSERT INTO inbox (source, id, digest, outcome, stream, stream_version, shard, position, events, received_at, recorded_at)
SELECT split_part(w.command, ' ', 1), substr(w.command, strpos(w.command, ' ') + 1), decode(w.digest, 'hex'), 'accepted',
       w.stream,
       coalesce(max(b.stream_version) FILTER (WHERE b.stream = w.stream), 0),
       coalesce(max(b.shard) FILTER (WHERE b.stream = w.stream), min(b.shard)),
       coalesce(max(b.position) FILTER (WHERE b.stream = w.stream), 0),
       json_agg(json_build_object('id', b.event_id, 'type', b.type) ORDER BY coalesce((b.about ->> 'nth')::int, 0))::text,
       min(b.received_at), max(b.recorded_at)
FROM whole w JOIN back b ON b.about ->> 'command' = w.command
GROUP BY w.command, w.stream, w.digest
ON CONFLICT DO NOTHING
