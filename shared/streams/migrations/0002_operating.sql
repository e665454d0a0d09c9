-- What operators order of this service's processes, and who ordered it. Telemetry stands in a table of its own:
-- it shares no row and no transaction with offsets.

CREATE TABLE operator_audit (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor       text NOT NULL,
    seconded_by text,
    action      text NOT NULL,
    target      text NOT NULL,
    reason      text NOT NULL CHECK (reason <> ''),
    outcome     text NOT NULL DEFAULT ''
);
COMMENT ON TABLE operator_audit IS 'Every action of an operator, written in the transaction of the action itself; insert-only.';

CREATE TABLE operator_proposals (
    id          uuid PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    until       timestamptz NOT NULL,
    actor       text NOT NULL,
    action      text NOT NULL,
    target      text NOT NULL,
    reason      text NOT NULL,
    request     text NOT NULL,
    decided_at  timestamptz
);
COMMENT ON TABLE operator_proposals IS 'Destructive actions that wait for a second operator; request = JSON of what was asked.';

CREATE TABLE consumer_control (
    consumer    text COLLATE "C" PRIMARY KEY,
    paused      boolean NOT NULL,
    changed_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE consumer_control IS 'Consumers, and relays as relay:<shard>, that an operator paused or resumed.';

CREATE TABLE replays (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer     text COLLATE "C" NOT NULL,
    stream       text COLLATE "C",
    code         text,
    store        text COLLATE "C",
    shard        integer,
    record       bigint,
    places       text[] NOT NULL DEFAULT '{}',
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at  timestamptz,
    applied      bigint NOT NULL DEFAULT 0,
    still_parked bigint NOT NULL DEFAULT 0,
    message      text NOT NULL DEFAULT ''
);
CREATE INDEX replays_asked ON replays (consumer, id) WHERE finished_at IS NULL;
COMMENT ON TABLE replays IS 'Parked events that an operator wants tried again, in order: of a stream, of a cause (code), one record (store, shard, record), or all of a consumer; the consumer does it.';
COMMENT ON COLUMN replays.places IS 'Partitions, as store/shard, that whoever holds their claim is done with.';

CREATE TABLE heartbeats (
    process    text COLLATE "C" NOT NULL,
    instance   text COLLATE "C" NOT NULL,
    pid        integer NOT NULL,
    started_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    ready      boolean NOT NULL DEFAULT false,
    message    text NOT NULL DEFAULT '',
    PRIMARY KEY (process, instance)
);
COMMENT ON TABLE heartbeats IS 'Processes of this service as they last said that they live.';

CREATE INDEX inbox_quarantined ON inbox (received_at) WHERE outcome = 'quarantined';

-- Keys of the rows that this transaction, or a part of it, wrote. It must have been given its id before it read anything,
-- under REPEATABLE READ: then no row of another transaction with a later id can be seen.
CREATE FUNCTION written_keys(relation regclass, most integer) RETURNS SETOF jsonb
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    columns text;
BEGIN
    SELECT string_agg(format('%L, %I', a.attname, a.attname), ', ' ORDER BY array_position(i.indkey::smallint[], a.attnum))
    INTO columns
    FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
    WHERE i.indrelid = relation AND i.indisprimary;
    RETURN QUERY EXECUTE format(
        'SELECT jsonb_build_object(%s) FROM %s WHERE age(xmin) <= 0 LIMIT %s', coalesce(columns, ''), relation, most
    );
END;
$$;

GRANT SELECT, INSERT ON operator_audit TO obec_app;
GRANT SELECT, INSERT, UPDATE ON operator_proposals, consumer_control, replays TO obec_app;
GRANT UPDATE (code, message) ON parked TO obec_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON heartbeats TO obec_app;
