-- What publishers wrote, where it is not what is stored or could not be read: under a key for each, for a while.

CREATE TABLE originals (
    source     text        COLLATE "C" NOT NULL,
    id         text        COLLATE "C" NOT NULL,
    publisher  text        COLLATE "C" NOT NULL,
    kind       text        NOT NULL CHECK (kind IN ('repaired', 'unreadable')),
    sealed     bytea       NOT NULL,
    kept_until timestamptz NOT NULL,
    PRIMARY KEY (source, id)
);
CREATE INDEX originals_kept_until ON originals (kept_until);
COMMENT ON TABLE originals IS 'Bodies as they were received, AES-256-GCM (nonce first), each under a key of its own; deleted once kept_until, by the machine''s clock, is past.';

CREATE TABLE original_keys (
    source text  COLLATE "C" NOT NULL,
    id     text  COLLATE "C" NOT NULL,
    key    bytea NOT NULL CHECK (octet_length(key) = 32),
    PRIMARY KEY (source, id)
);
COMMENT ON TABLE original_keys IS 'Keys of originals, apart from them: what has lost its key says nothing any more, wherever a copy of it is.';

CREATE TABLE corrections (
    by_source text COLLATE "C" NOT NULL,
    by_id     text COLLATE "C" NOT NULL,
    publisher text COLLATE "C" NOT NULL,
    source    text COLLATE "C" NOT NULL,
    id        text COLLATE "C" NOT NULL,
    PRIMARY KEY (by_source, by_id)
);
CREATE INDEX corrections_of ON corrections (source, id);
COMMENT ON TABLE corrections IS 'Which fact was sent in place of one that was refused or could not be read.';

GRANT SELECT, INSERT, DELETE ON originals, original_keys TO obec_app;
GRANT SELECT, INSERT ON corrections TO obec_app;
