SELECT stream FROM events WHERE event_id = $1
