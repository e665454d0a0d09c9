UPDATE replays SET applied = applied + $2 WHERE id = $1
