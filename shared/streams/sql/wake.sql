-- What was copied wakes the facts that wait for it; the lock lets none begin to wait unseen meanwhile.
SELECT wake_waiting($1::text[]) FROM pg_advisory_xact_lock(71003, 0)
