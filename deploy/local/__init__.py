"""The embedded stack: Kafka, PostgreSQL, a supervisor and a token issuer on loopback, in one folder."""
