UPDATE replays SET places = places || $2::text, still_parked = still_parked + $3,
    message = CASE WHEN message = '' THEN $4 ELSE message END
WHERE id = $1
