-- How far consumers have read, and what they could not apply. The effect of a batch and its offset are one transaction.

CREATE TABLE consumer_offsets (
    consumer      text    COLLATE "C" NOT NULL,
    store         text    COLLATE "C" NOT NULL,
    shard         integer NOT NULL,
    next_offset   bigint  NOT NULL DEFAULT 0,
    epoch         bigint  NOT NULL DEFAULT 0,
    position      bigint  NOT NULL DEFAULT 0,
    hash          text    NOT NULL DEFAULT repeat('0', 64),
    moved_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (consumer, store, shard)
);
COMMENT ON COLUMN consumer_offsets.epoch IS 'Counts claims: a batch of an earlier claim finds no row and changes nothing.';
COMMENT ON COLUMN consumer_offsets.position IS 'Last position seen, applied or parked; the next first occurrence is position + 1 and follows hash.';

CREATE TABLE parked (
    consumer   text    COLLATE "C" NOT NULL,
    topic      text    COLLATE "C" NOT NULL,
    shard      integer NOT NULL,
    record     bigint  NOT NULL,
    store      text    COLLATE "C" NOT NULL,
    position   bigint,
    stream     text    COLLATE "C",
    event_id   text,
    type       text,
    code       text    NOT NULL,
    message    text    NOT NULL,
    headers    text    NOT NULL,
    value      bytea,
    parked_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (consumer, topic, shard, record)
);
CREATE INDEX parked_stream ON parked (consumer, stream);
COMMENT ON TABLE parked IS 'Committed events that a consumer could not apply, and what came after them in their streams; record = offset.';

CREATE TABLE skips (
    store      text    COLLATE "C" NOT NULL,
    shard      integer NOT NULL,
    record     bigint  NOT NULL,
    reason     text    NOT NULL,
    decided_by text    NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (store, shard, record)
);
COMMENT ON TABLE skips IS 'Records that an operator decided to leave out; every consumer and every rebuild obeys. record = offset.';

GRANT SELECT, INSERT, UPDATE ON consumer_offsets TO obec_app;
GRANT SELECT, INSERT, DELETE ON parked TO obec_app;
GRANT SELECT, INSERT ON skips TO obec_app;
