"""Lower bounds: the same bytes, rows and durability with nothing else, each in at most 60 lines."""
