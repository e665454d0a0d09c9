-- Statements of the stream monitor. Its tables stand in schema public; `events` is found by the connection's search_path.

-- name: claim
INSERT INTO public.monitor_offsets AS known (topic, shard, next_offset)
VALUES ($1, $2, 0)
ON CONFLICT (topic, shard) DO UPDATE SET next_offset = known.next_offset
RETURNING next_offset

-- name: move
-- Whoever has come farther is believed: what is counted twice is counted once.
UPDATE public.monitor_offsets SET next_offset = greatest(next_offset, $3) WHERE topic = $1 AND shard = $2

-- name: keep
-- Counts events of which nothing is known yet: what is sent a second time, or stands on a topic made anew, is passed over.
WITH news AS (
    INSERT INTO public.monitor_events (
        event_id, store, shard, position, stream, type, publisher, correlation, causation, traceparent,
        occurred_at, recorded_at, received_at, relayed_at
    )
    SELECT *
    FROM unnest(
        $1::uuid[], $2::text[], $3::integer[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
        $10::text[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[]
    )
    ON CONFLICT (store, shard, position) DO NOTHING
    RETURNING store, type, publisher, occurred_at, recorded_at, received_at
),
rates AS (
    INSERT INTO public.monitor_rates AS known (minute, store, type, publisher, events, late, delayed)
    SELECT date_trunc('minute', recorded_at, 'UTC') AS minute, store, type, publisher, count(*),
           count(*) FILTER (WHERE received_at - occurred_at > $15::interval),
           count(*) FILTER (WHERE recorded_at - received_at > $16::interval)
    FROM news
    GROUP BY minute, store, type, publisher
    ON CONFLICT (minute, store, type, publisher) DO UPDATE SET
        events = known.events + excluded.events,
        late = known.late + excluded.late,
        delayed = known.delayed + excluded.delayed
)
INSERT INTO public.monitor_heard AS known (publisher, hour, first_at, last_at, events)
SELECT publisher, date_trunc('hour', received_at, 'UTC') AS hour, min(received_at), max(received_at), count(*)
FROM news
WHERE publisher <> ''
GROUP BY publisher, hour
ON CONFLICT (publisher, hour) DO UPDATE SET
    first_at = least(known.first_at, excluded.first_at),
    last_at = greatest(known.last_at, excluded.last_at),
    events = known.events + excluded.events

-- name: prune_rates
DELETE FROM public.monitor_rates WHERE minute < $1

-- name: prune_heard
DELETE FROM public.monitor_heard WHERE hour < $1

-- name: prune_events
DELETE FROM public.monitor_events WHERE recorded_at < $1

-- name: prune_times
-- The newest of each shard stays: it says up to where times are known.
DELETE FROM public.view_times t
WHERE applied_at < $1
  AND EXISTS (SELECT FROM public.view_times n WHERE n.store = t.store AND n.shard = t.shard AND n.position > t.position)

-- name: prune_canaries
-- The newest of each store stays: by it is known since when none has come.
DELETE FROM public.canary c
WHERE sent_at < $1 AND EXISTS (SELECT FROM public.canary n WHERE n.store = c.store AND n.sent_at > c.sent_at)

-- name: rates
-- Of the hour before $1: what came, by type and publisher.
SELECT store, type, publisher,
       sum(events)::bigint AS hour_events,
       round(coalesce(sum(events) FILTER (WHERE minute > $1::timestamptz - interval '5 minutes'), 0) / 5.0, 2)::float8 AS per_minute,
       sum(late)::bigint AS late,
       sum(delayed)::bigint AS delayed,
       max(minute) AS last_minute
FROM public.monitor_rates
WHERE minute > $1::timestamptz - interval '1 hour' AND minute <= $1
GROUP BY store, type, publisher
ORDER BY hour_events DESC, store, type, publisher

-- name: minutes
-- Of the hour before $1: events by store and minute in which there were any.
SELECT store, minute, sum(events)::bigint AS events
FROM public.monitor_rates
WHERE minute > $1::timestamptz - interval '1 hour' AND minute <= $1
GROUP BY store, minute
ORDER BY store, minute

-- name: late
-- Of the day before $1, newest first: what was received more than $2 after it took effect, or recorded more than $3 after
-- it was received. $4: at most so many.
SELECT event_id, store, shard, position, stream, type, publisher, occurred_at, received_at, recorded_at,
       received_at - occurred_at > $2::interval AS late,
       extract(epoch FROM received_at - occurred_at)::float8 AS late_seconds,
       recorded_at - received_at > $3::interval AS delayed,
       extract(epoch FROM recorded_at - received_at)::float8 AS delayed_seconds
FROM public.monitor_events
WHERE recorded_at > $1::timestamptz - interval '1 day' AND recorded_at <= $1
  AND (received_at - occurred_at > $2::interval OR recorded_at - received_at > $3::interval)
ORDER BY recorded_at DESC, store, shard, position DESC
LIMIT $4

-- name: heard
-- The rhythm of each publisher: when it was heard first and last, in how many hours, and how long its pauses of at least
-- $1 usually are (their median).
WITH hours AS (
    SELECT publisher, first_at, last_at, events,
           first_at - lag(last_at) OVER (PARTITION BY publisher ORDER BY hour) AS pause
    FROM public.monitor_heard
)
SELECT publisher, min(first_at) AS first_at, max(last_at) AS last_at, count(*) AS hours, sum(events)::bigint AS events,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY pause) FILTER (WHERE pause >= $1::interval) AS usual_pause
FROM hours
GROUP BY publisher
ORDER BY publisher

-- name: publishers
-- Every registered publisher, and whether it is suspended.
SELECT DISTINCT ON (stream) split_part(stream, ':', 2) AS publisher, name = 'PublisherSuspended' AS suspended
FROM events
WHERE programme IS NULL AND name IN ('PublisherRegistered', 'PublisherChanged', 'PublisherSuspended')
ORDER BY stream, position DESC

-- name: canaries
-- Of each service the last canary that arrived within a day, and how long those of the last hour took, in seconds. Machine
-- time throughout, of the service and of this database.
SELECT store AS service,
       max(sent_at) AS last_sent_at,
       (array_agg(extract(epoch FROM applied_at - sent_at)::float8 ORDER BY sent_at DESC))[1] AS last_seconds,
       count(*) FILTER (WHERE sent_at > now() - interval '1 hour') AS hour_canaries,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM applied_at - sent_at)::float8)
           FILTER (WHERE sent_at > now() - interval '1 hour') AS p50_seconds,
       percentile_disc(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM applied_at - sent_at)::float8)
           FILTER (WHERE sent_at > now() - interval '1 hour') AS p99_seconds,
       extract(epoch FROM now() - max(sent_at))::float8 AS age_seconds
FROM public.canary
WHERE sent_at > now() - interval '1 day'
GROUP BY store
ORDER BY store

-- name: offsets
SELECT topic, shard, next_offset FROM public.monitor_offsets ORDER BY topic, shard
