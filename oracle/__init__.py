"""An oracle that folds events by itself: it knows the contracts and nothing else of the product.

Slow and obvious, straight from the dictionary of the views: ``told`` reads events, ``asked`` says at which time and
as known when, ``views`` makes every row, ``numbers`` what is computed from the rows, ``differences`` compares; the rest
recounts the guarantees and the rules of the domain from raw records.
"""
