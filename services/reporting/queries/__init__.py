"""The numbers, in SQL over the row tables, for now or for rows folded as of a time."""
