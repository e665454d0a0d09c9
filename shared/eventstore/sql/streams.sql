-- Streams that begin with $1. The names are compared byte by byte ("C"), so a prefix is a range of the index.
SELECT stream FROM events
WHERE stream >= $1::text AND stream < $1::text || chr(1114111) COLLATE "C" AND stream_version = 1
ORDER BY stream
