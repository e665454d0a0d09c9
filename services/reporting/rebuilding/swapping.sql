-- Puts one schema in the place of another, in one transaction. $1 is the schema that comes, $2 the one that goes, as it is
-- called beside the live one. Where a name must be part of the statement, this gives the statement to run.

-- name: soon
-- Whoever reads holds the views for as long as one answer takes; those who come meanwhile wait this long at most.
SELECT set_config('lock_timeout', '100ms', true)

-- name: hold_readers
LOCK TABLE public.views_revision IN ACCESS EXCLUSIVE MODE

-- name: hold_analysts
SELECT format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', string_agg(c.oid::regclass::text, ', '))
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'analysis' AND c.relkind = 'v'
HAVING count(*) > 0

-- name: hold_heads
LOCK TABLE reporting.heads IN SHARE ROW EXCLUSIVE MODE

-- name: clear_heads
SELECT format('DELETE FROM %I.heads', $1::text)

-- name: copy_heads
SELECT format('INSERT INTO %I.heads SELECT * FROM reporting.heads', $1::text)

-- name: rename_outgoing
SELECT format('ALTER SCHEMA reporting RENAME TO %I', $1::text)

-- name: rename_incoming
SELECT format('ALTER SCHEMA %I RENAME TO reporting', $1::text)

-- name: put_offsets_aside
-- The projector that runs must find none of its claims valid: epochs rise above both.
WITH going AS (
    UPDATE consumer_offsets SET consumer = $1 WHERE consumer = 'reporting' RETURNING epoch
)
SELECT coalesce(max(epoch), 0) FROM going

-- name: take_offsets
UPDATE consumer_offsets SET consumer = 'reporting', epoch = greatest(epoch, $2) + 1 WHERE consumer = $1

-- name: put_parked_aside
UPDATE parked SET consumer = $1 WHERE consumer = 'reporting'

-- name: take_parked
UPDATE parked SET consumer = 'reporting' WHERE consumer = $1

-- name: revise
UPDATE public.views_revision SET revision = revision + 1, changed_at = clock_timestamp() RETURNING revision
