SELECT pg_notify('hand_over', $1)
