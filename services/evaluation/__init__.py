"""Evaluation (activity 4): indicators, measurements and scores, supervision, recommendations, conclusion."""
