SELECT coalesce((SELECT paused FROM consumer_control WHERE consumer = $1), false)
