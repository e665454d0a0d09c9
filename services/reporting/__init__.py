"""Reporting: the copy of every event, the rows made from it, and the figures that are asked of them."""
