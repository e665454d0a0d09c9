"""The operators' console: every service seen and mended through its operator API, in the operator's own name."""
