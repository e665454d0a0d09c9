SELECT add_conflict($1, $2, $3, $4, $5)
