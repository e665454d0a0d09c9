"""Event store in Postgres, which is also the outbox: append, read, fold, relay, verify."""
