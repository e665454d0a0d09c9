"""The publisher kit: what other offices use to send their facts, and nothing of the services' inside."""
