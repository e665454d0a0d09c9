CREATE TABLE IF NOT EXISTS migrations (
    name   text PRIMARY KEY,
    sha256 text NOT NULL,
    ran_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
