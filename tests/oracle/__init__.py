"""An oracle that folds events by itself: it knows the contracts and nothing else of the product."""
