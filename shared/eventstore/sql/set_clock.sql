-- $1: the new time. No row: the clock stands later than that already.
INSERT INTO simulated_clock (now) VALUES ($1)
ON CONFLICT (only_one) DO UPDATE SET now = excluded.now WHERE simulated_clock.now <= excluded.now
RETURNING now;
