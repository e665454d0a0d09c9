-- The outbox of notices. $1 names the channels wherever several are meant; times are the database's.

-- name: add_raised
-- Open alarms of which a channel was not told.
INSERT INTO public.alarm_notices (alarm, occurrence, news, channel, programme, kind, what, th, en, raised_at)
SELECT a.alarm, a.occurrence, 'raised', c.channel, a.programme, a.kind, a.what, a.th, a.en, a.raised_at
FROM unnest($2::text[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[])
    AS a (alarm, occurrence, programme, kind, what, th, en, raised_at)
CROSS JOIN unnest($1::text[]) AS c (channel)
WHERE NOT EXISTS (
    SELECT FROM public.alarm_notices n
    WHERE n.alarm = a.alarm AND n.occurrence = a.occurrence AND n.news = 'raised' AND n.channel = c.channel
)
ON CONFLICT DO NOTHING

-- name: add_repeated
-- Of alarms that nobody has acknowledged ($2, $3), once more when nothing was sent for as long as $4, and nothing waits.
INSERT INTO public.alarm_notices (alarm, occurrence, news, nth, channel, programme, kind, what, th, en, raised_at)
SELECT n.alarm, n.occurrence, 'repeated', max(n.nth) + 1, n.channel, n.programme, n.kind, n.what, n.th, n.en, n.raised_at
FROM unnest($2::text[], $3::integer[]) AS a (alarm, occurrence)
JOIN public.alarm_notices n ON n.alarm = a.alarm AND n.occurrence = a.occurrence
WHERE n.channel = ANY ($1::text[])
GROUP BY n.alarm, n.occurrence, n.channel, n.programme, n.kind, n.what, n.th, n.en, n.raised_at
HAVING bool_and(n.sent_at IS NOT NULL) AND max(n.sent_at) + $4::interval <= clock_timestamp()
ON CONFLICT DO NOTHING

-- name: add_cleared
-- Of occurrences of which a channel was told, and which are not open ($2, $3) any more.
INSERT INTO public.alarm_notices (alarm, occurrence, news, channel, programme, kind, what, th, en, raised_at)
SELECT n.alarm, n.occurrence, 'cleared', n.channel, n.programme, n.kind, n.what, n.th, n.en, n.raised_at
FROM public.alarm_notices n
WHERE n.news = 'raised' AND n.channel = ANY ($1::text[])
  AND NOT EXISTS (
      SELECT FROM unnest($2::text[], $3::integer[]) AS a (alarm, occurrence)
      WHERE a.alarm = n.alarm AND a.occurrence = n.occurrence
  )
  AND NOT EXISTS (
      SELECT FROM public.alarm_notices c
      WHERE c.alarm = n.alarm AND c.occurrence = n.occurrence AND c.news = 'cleared' AND c.channel = n.channel
  )
ON CONFLICT DO NOTHING

-- name: due
-- What one channel ($1) is to be told now, in order, at most $3; nothing of silenced alarms ($2), and of each alarm nothing
-- before what was to be told of it earlier.
SELECT n.id, n.alarm, n.occurrence, n.news, n.nth, n.programme, n.kind, n.what, n.th, n.en, n.raised_at, n.made_at
FROM public.alarm_notices n
WHERE n.channel = $1 AND n.sent_at IS NULL AND n.due_at <= clock_timestamp() AND n.alarm <> ALL ($2::text[])
  AND NOT EXISTS (
      SELECT FROM public.alarm_notices e
      WHERE e.channel = n.channel AND e.alarm = n.alarm AND e.id < n.id AND e.sent_at IS NULL
  )
ORDER BY n.id
LIMIT $3

-- name: sent
UPDATE public.alarm_notices SET sent_at = clock_timestamp(), attempts = attempts + 1, error = '' WHERE id = ANY ($1::bigint[])

-- name: failed
-- The pause doubles from $3 up to $4.
UPDATE public.alarm_notices
SET attempts = attempts + 1, error = $2,
    due_at = clock_timestamp() + least($3::interval * power(2, least(attempts, 20)), $4::interval)
WHERE id = ANY ($1::bigint[])

-- name: waiting
-- How much each channel has not been told, for how long, and why not.
SELECT channel, count(*) AS notices, min(made_at) AS oldest, max(attempts) AS attempts, max(error) AS error
FROM public.alarm_notices
WHERE sent_at IS NULL
GROUP BY channel
ORDER BY channel

-- name: forget
-- Occurrences that are over ($1, $2 are open) and of which everybody was told longer ago than $3.
DELETE FROM public.alarm_notices n
WHERE n.sent_at < clock_timestamp() - $3::interval
  AND NOT EXISTS (
      SELECT FROM unnest($1::text[], $2::integer[]) AS a (alarm, occurrence)
      WHERE a.alarm = n.alarm AND a.occurrence = n.occurrence
  )
  AND EXISTS (
      SELECT FROM public.alarm_notices c
      WHERE c.alarm = n.alarm AND c.occurrence = n.occurrence AND c.channel = n.channel AND c.news = 'cleared'
        AND c.sent_at IS NOT NULL
  )
