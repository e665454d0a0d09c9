-- Verifications and checkpoints.

-- name: ask
INSERT INTO public.proof_runs (asked_by, reason) VALUES ($1, $2) RETURNING id

-- name: due
-- Nobody waits for one, and none was finished within $1.
SELECT NOT EXISTS (
    SELECT FROM public.proof_runs WHERE finished_at IS NULL OR finished_at > clock_timestamp() - $1::interval
)

-- name: take
-- The run that has waited longest; those that waited with it are answered by it. What was begun and never finished, by a
-- process that died, is taken again.
UPDATE public.proof_runs SET begun_at = clock_timestamp()
WHERE id = (SELECT max(id) FROM public.proof_runs WHERE finished_at IS NULL) RETURNING id

-- name: finish
UPDATE public.proof_runs SET finished_at = clock_timestamp(), begun_at = coalesce(begun_at, clock_timestamp()), error = $2
WHERE id <= $1 AND finished_at IS NULL

-- name: add
INSERT INTO public.proofs (run, nth, part, service, of, checked, unit, place, message)
SELECT $1, n, part, service, of, checked, unit, place, message
FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[])
     WITH ORDINALITY AS p (part, service, of, checked, unit, place, message, n)

-- name: runs
-- The newest runs, at most $1; found: in how many places there was a difference. What a run found stands with the newest of
-- those that it answered.
SELECT r.id, r.asked_by, r.asked_at, r.reason, r.begun_at, r.finished_at, r.error, p.found, p.checked
FROM public.proof_runs r
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE place <> '') AS found, sum(checked)::bigint AS checked FROM public.proofs
    WHERE r.finished_at IS NOT NULL AND r.error = '' AND run = (SELECT min(q.run) FROM public.proofs q WHERE q.run >= r.id)
) AS p ON true
ORDER BY r.id DESC LIMIT $1

-- name: last
-- What the last verification that was finished found.
SELECT part, service, of, checked, unit, place, message FROM public.proofs
WHERE run = (SELECT max(run) FROM public.proofs) ORDER BY nth

-- name: last_finished
SELECT finished_at FROM public.proof_runs WHERE id = (SELECT max(run) FROM public.proofs)

-- name: add_checkpoint
INSERT INTO public.checkpoints (store, shard, position, hash, time, key, signature)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING

-- name: checkpoints
SELECT DISTINCT ON (store, shard) store, shard, position, hash, time, key, signature FROM public.checkpoints
ORDER BY store, shard, made_at DESC
