"""The four services. None imports another; each owns its database and its topic."""
