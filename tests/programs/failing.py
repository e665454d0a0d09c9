"""A program that never comes up."""

raise SystemExit("cannot come up")
