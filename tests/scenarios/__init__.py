"""Whole stories on the whole product, compared with the oracle."""
