"""The command line: `obec up`, `obec status`, `obec token` and their like."""
