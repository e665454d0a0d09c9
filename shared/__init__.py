"""What the services share, and nothing else: contracts, event store, streams, web and Thai conventions."""
