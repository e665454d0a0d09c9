"""Measures the product beside its peers and its lower bounds: ``make bench [FIGURE=name] [SIZE=quick]``."""
