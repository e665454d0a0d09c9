-- Processes of which nothing was heard for a day.
DELETE FROM heartbeats WHERE seen_at < clock_timestamp() - interval '1 day'
