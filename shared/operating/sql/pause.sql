-- Tells whether that changed anything.
INSERT INTO consumer_control AS known (consumer, paused) VALUES ($1, $2)
ON CONFLICT (consumer) DO UPDATE SET paused = excluded.paused, changed_at = clock_timestamp()
    WHERE known.paused <> excluded.paused
RETURNING true
