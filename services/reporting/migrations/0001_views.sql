-- The event copy, the row tables for now, and how fresh they are. Their dictionary is docs/views.md.
-- Everything stands in one schema, `reporting` unless the setting reporting.schema names another: a rebuild fills one of
-- its own beside the live one.

SELECT set_config('search_path', coalesce(nullif(current_setting('reporting.schema', true), ''), 'reporting'), true);

DO $$
BEGIN
    EXECUTE format('CREATE SCHEMA %I', current_setting('search_path'));
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO obec_app', current_setting('search_path'));
END
$$;

CREATE TABLE events (
    store          text        COLLATE "C" NOT NULL,
    shard          integer     NOT NULL,
    position       bigint      NOT NULL,
    stream         text        COLLATE "C" NOT NULL,
    stream_version integer     NOT NULL,
    event_id       uuid        NOT NULL,
    type           text        COLLATE "C" NOT NULL,
    name           text        COLLATE "C" NOT NULL,
    programme      text        COLLATE "C",
    region         text        COLLATE "C",
    activity       text        COLLATE "C",
    indicator      text        COLLATE "C",
    period         text        COLLATE "C",
    amount_satang  bigint,
    voids          uuid,
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    received_at    timestamptz NOT NULL,
    metadata       text        NOT NULL,
    data           text        NOT NULL,
    PRIMARY KEY (store, shard, position, occurred_at)
) PARTITION BY RANGE (occurred_at);
COMMENT ON TABLE events IS 'Copy of every event, insert-only, partitioned by the fiscal year it took effect in.';
CREATE INDEX events_stream ON events (stream, position);
CREATE INDEX events_name ON events (programme, name);
CREATE INDEX events_voids ON events (stream) WHERE voids IS NOT NULL;

DO $$
DECLARE
    year int;
BEGIN
    FOR year IN 2559..2570 LOOP
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF events FOR VALUES FROM (%L) TO (%L)',
            'events_' || year,
            make_date(year - 544, 10, 1)::timestamp AT TIME ZONE 'Asia/Bangkok',
            make_date(year - 543, 10, 1)::timestamp AT TIME ZONE 'Asia/Bangkok'
        );
    END LOOP;
END
$$;
CREATE TABLE events_other PARTITION OF events DEFAULT;

CREATE TABLE programme (
    programme   text    COLLATE "C" PRIMARY KEY,
    stream      text    COLLATE "C" NOT NULL UNIQUE,
    version     integer NOT NULL,
    fiscal_year integer NOT NULL,
    region_list integer NOT NULL,
    regions     jsonb   NOT NULL,
    definition  jsonb   NOT NULL,
    digest      text    NOT NULL
);

CREATE TABLE committee (
    stream               text        COLLATE "C" NOT NULL,
    valid_from           timestamptz NOT NULL,
    valid_to             timestamptz,
    programme            text        COLLATE "C" NOT NULL,
    region               text        COLLATE "C" NOT NULL,
    ordinal              integer     NOT NULL,
    state                text,
    proposed_on          date,
    proposed_by          text,
    order_unit           text,
    order_number         integer,
    order_year           integer,
    order_date           date,
    signatory_office     text,
    effective_from       date,
    mandate_version      integer,
    withdrawn_on         date,
    dissolved_on         date,
    members              jsonb       NOT NULL,
    chairs               integer     NOT NULL,
    vice_chairs          integer     NOT NULL,
    ordinary_members     integer     NOT NULL,
    secretaries          integer     NOT NULL,
    assistant_secretaries integer    NOT NULL,
    voting               integer     NOT NULL,
    PRIMARY KEY (stream, valid_from)
);
CREATE INDEX committee_region ON committee (programme, region);

CREATE TABLE meeting (
    stream            text        COLLATE "C" PRIMARY KEY,
    programme         text        COLLATE "C" NOT NULL,
    region            text        COLLATE "C",
    activity          text        COLLATE "C",
    number            text,
    state             text,
    scheduled_at      timestamptz,
    place             text,
    rescheduled       integer     NOT NULL,
    notice_on         date,
    adjourned         integer     NOT NULL,
    started_at        timestamptz,
    ended_at          timestamptz,
    committee         text        COLLATE "C",
    committee_version integer,
    voting            integer,
    present           integer,
    quorate           boolean,
    attended          jsonb       NOT NULL,
    resolutions       integer     NOT NULL,
    resolution_list   jsonb       NOT NULL,
    corrected         boolean     NOT NULL,
    minutes_on        date
);
CREATE INDEX meeting_region ON meeting (programme, region);

CREATE TABLE activity (
    stream           text    COLLATE "C" PRIMARY KEY,
    programme        text    COLLATE "C" NOT NULL,
    code             text    COLLATE "C" NOT NULL,
    state            text,
    opens            date,
    closes           date,
    planned_deadline date,
    deadline         date,
    extensions       integer NOT NULL,
    started_on       date,
    completed_on     date,
    cancelled_on     date,
    outputs          jsonb   NOT NULL
);
CREATE INDEX activity_code ON activity (programme, code);

CREATE TABLE briefing (
    stream     text  COLLATE "C" PRIMARY KEY,
    programme  text  COLLATE "C" NOT NULL,
    activity   text  COLLATE "C" NOT NULL,
    title      text  NOT NULL,
    briefed_on date  NOT NULL,
    regions    jsonb NOT NULL
);

CREATE TABLE acknowledgement (
    stream          text COLLATE "C" NOT NULL,
    committee       text COLLATE "C" NOT NULL,
    programme       text COLLATE "C" NOT NULL,
    activity        text COLLATE "C" NOT NULL,
    region          text COLLATE "C" NOT NULL,
    acknowledged_on date NOT NULL,
    PRIMARY KEY (stream, committee)
);

CREATE TABLE budget (
    programme       text   COLLATE "C" NOT NULL,
    activity        text   COLLATE "C" NOT NULL,
    region          text   COLLATE "C" NOT NULL,
    allocated       bigint NOT NULL,
    transferred_in  bigint NOT NULL,
    transferred_out bigint NOT NULL,
    disbursed       bigint NOT NULL,
    payments        bigint NOT NULL,
    reversed        bigint NOT NULL,
    reversals       bigint NOT NULL,
    PRIMARY KEY (programme, activity, region)
);
COMMENT ON TABLE budget IS 'Satang; region '''' is the centre.';

CREATE TABLE indicator (
    programme       text        COLLATE "C" NOT NULL,
    code            text        COLLATE "C" NOT NULL,
    stream          text        COLLATE "C" NOT NULL,
    version         integer     NOT NULL,
    kind            text        NOT NULL,
    measured_at     text        NOT NULL,
    frequency       text        NOT NULL,
    period_rule     text        NOT NULL,
    national_rule   text        NOT NULL,
    computed_by     text,
    due_days        integer     NOT NULL,
    baseline        numeric,
    target          numeric,
    national_target numeric,
    weight          numeric     NOT NULL,
    definition      jsonb       NOT NULL,
    defined_at      timestamptz NOT NULL,
    revisions       jsonb       NOT NULL,
    closed_at       timestamptz,
    PRIMARY KEY (programme, code)
);
CREATE INDEX indicator_stream ON indicator (stream);

CREATE TABLE period (
    programme  text        COLLATE "C" NOT NULL,
    period     text        COLLATE "C" NOT NULL,
    stream     text        COLLATE "C" NOT NULL,
    closed     boolean     NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (programme, period)
);

CREATE TABLE period_extension (
    programme text COLLATE "C" NOT NULL,
    period    text COLLATE "C" NOT NULL,
    region    text COLLATE "C" NOT NULL,
    stream    text COLLATE "C" NOT NULL,
    until     date NOT NULL,
    PRIMARY KEY (programme, period, region)
);

CREATE TABLE measurement (
    stream            text        COLLATE "C" PRIMARY KEY,
    programme         text        COLLATE "C" NOT NULL,
    indicator         text        COLLATE "C" NOT NULL,
    scope             text        COLLATE "C" NOT NULL,
    period            text        COLLATE "C" NOT NULL,
    status            text        NOT NULL,
    figure            numeric     NOT NULL,
    value             numeric,
    numerator         numeric,
    denominator       numeric,
    level             integer,
    indicator_version integer     NOT NULL,
    measured_id       uuid        NOT NULL,
    received_at       timestamptz NOT NULL,
    first_received_at timestamptz NOT NULL,
    restatements      integer     NOT NULL,
    evidence          integer     NOT NULL,
    reporter          text        NOT NULL,
    verified_figure   numeric,
    verified_measured uuid,
    verifier          text,
    verified_id       uuid,
    verified_at       timestamptz,
    returned_reason   text
);

CREATE TABLE score (
    event_id          uuid        PRIMARY KEY,
    stream            text        COLLATE "C" NOT NULL,
    programme         text        COLLATE "C" NOT NULL,
    indicator         text        COLLATE "C" NOT NULL,
    scope             text        COLLATE "C" NOT NULL,
    period            text        COLLATE "C" NOT NULL,
    indicator_version integer     NOT NULL,
    figure            numeric     NOT NULL,
    target            numeric,
    score             numeric     NOT NULL,
    level             integer     NOT NULL,
    weight            numeric     NOT NULL,
    weighted          numeric     NOT NULL,
    scheme            text        NOT NULL,
    regions_counted   integer,
    regions_expected  integer,
    provisional       boolean     NOT NULL,
    cause             uuid        NOT NULL,
    occurred_at       timestamptz NOT NULL,
    position          bigint      NOT NULL
);
CREATE INDEX score_stream ON score (stream);

CREATE TABLE voided (
    event_id  uuid PRIMARY KEY,
    stream    text COLLATE "C" NOT NULL,
    voided_by uuid NOT NULL
);
CREATE INDEX voided_stream ON voided (stream);

CREATE TABLE visit (
    stream      text    COLLATE "C" PRIMARY KEY,
    programme   text    COLLATE "C" NOT NULL,
    region      text    COLLATE "C" NOT NULL,
    visited_on  date    NOT NULL,
    visited_by  text    NOT NULL,
    findings    integer NOT NULL,
    no_findings boolean NOT NULL
);

CREATE TABLE recommendation (
    stream              text    COLLATE "C" PRIMARY KEY,
    programme           text    COLLATE "C" NOT NULL,
    region              text    COLLATE "C",
    visit               text    COLLATE "C",
    issued_on           date    NOT NULL,
    due_on              date    NOT NULL,
    text                text    NOT NULL,
    owner               text    NOT NULL,
    state               text    NOT NULL,
    follow_ups          integer NOT NULL,
    last_followed_up_on date,
    closed_on           date
);

CREATE TABLE applied (
    store       text        COLLATE "C" NOT NULL,
    shard       integer     NOT NULL,
    position    bigint      NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (store, shard)
);
COMMENT ON TABLE applied IS 'Last event applied of each shard.';

CREATE TABLE heads (
    store    text        COLLATE "C" NOT NULL,
    shard    integer     NOT NULL,
    position bigint      NOT NULL,
    time     timestamptz NOT NULL,
    PRIMARY KEY (store, shard, position)
);
COMMENT ON TABLE heads IS 'What stores announced: at that time the head stood at that position. Applied ones older than the newest are dropped.';

-- Greatest position of a shard that was recorded at or before a moment; 0 when nothing was. Times rise with positions.
CREATE FUNCTION position_at(of_store text, of_shard integer, moment timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    below  bigint := 0;
    above  bigint := coalesce((SELECT a.position FROM applied a WHERE a.store = of_store AND a.shard = of_shard), 0) + 1;
    middle bigint;
    time   timestamptz;
BEGIN
    WHILE above - below > 1 LOOP
        middle := (below + above) / 2;
        SELECT e.recorded_at INTO time
        FROM events e
        WHERE e.store = of_store AND e.shard = of_shard AND e.position <= middle
        ORDER BY e.position DESC
        LIMIT 1;
        IF time IS NULL OR time <= moment THEN
            below := middle;
        ELSE
            above := middle;
        END IF;
    END LOOP;
    RETURN below;
END
$$;

GRANT SELECT, INSERT ON events TO obec_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    programme, committee, meeting, activity, briefing, acknowledgement, budget, indicator, period,
    period_extension, measurement, score, voided, visit, recommendation, applied, heads
TO obec_app;

SET LOCAL search_path TO DEFAULT;
