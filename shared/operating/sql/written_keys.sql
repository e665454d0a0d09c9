SELECT written_keys($1::text::regclass, $2)
