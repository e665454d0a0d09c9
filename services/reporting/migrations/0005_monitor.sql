-- What the stream monitor keeps, and canaries. Both stand beside the event store and not among the views: a rebuild drops
-- and makes these anew, while how long a canary took is known only once. They may be there already when this runs.

CREATE TABLE IF NOT EXISTS public.canary (
    store       text        COLLATE "C" NOT NULL,
    shard       integer     NOT NULL,
    position    bigint      NOT NULL,
    event_id    uuid        NOT NULL,
    sent_at     timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (store, shard, position)
);
CREATE INDEX IF NOT EXISTS canary_sent ON public.canary (sent_at);
COMMENT ON TABLE public.canary IS 'CanarySent of every store as the projector came by it, and when: they are in no view. sent_at and applied_at are the machine''s time.';

CREATE TABLE IF NOT EXISTS public.monitor_offsets (
    topic       text    COLLATE "C" NOT NULL,
    shard       integer NOT NULL,
    next_offset bigint  NOT NULL,
    PRIMARY KEY (topic, shard)
);
COMMENT ON TABLE public.monitor_offsets IS 'How far the monitor has counted; moves with what it counted in one transaction.';

CREATE TABLE IF NOT EXISTS public.monitor_rates (
    minute    timestamptz NOT NULL,
    store     text    COLLATE "C" NOT NULL,
    type      text    COLLATE "C" NOT NULL,
    publisher text    COLLATE "C" NOT NULL,
    events    bigint  NOT NULL,
    late      bigint  NOT NULL,
    delayed   bigint  NOT NULL,
    PRIMARY KEY (minute, store, type, publisher)
);
COMMENT ON TABLE public.monitor_rates IS 'Events by the minute in which they were recorded; publisher '''' = of the programme''s own people and rules. late = received long after it took effect, delayed = recorded long after it was received.';

CREATE TABLE IF NOT EXISTS public.monitor_heard (
    publisher text        COLLATE "C" NOT NULL,
    hour      timestamptz NOT NULL,
    first_at  timestamptz NOT NULL,
    last_at   timestamptz NOT NULL,
    events    bigint      NOT NULL,
    PRIMARY KEY (publisher, hour)
);
COMMENT ON TABLE public.monitor_heard IS 'Hours in which something that a publisher sent was received: its rhythm, by which silence is judged.';

CREATE TABLE IF NOT EXISTS public.monitor_events (
    event_id    uuid        NOT NULL,
    store       text        COLLATE "C" NOT NULL,
    shard       integer     NOT NULL,
    position    bigint      NOT NULL,
    stream      text        COLLATE "C" NOT NULL,
    type        text        COLLATE "C" NOT NULL,
    publisher   text        COLLATE "C" NOT NULL,
    correlation text        COLLATE "C" NOT NULL,
    causation   text        COLLATE "C" NOT NULL,
    traceparent text        COLLATE "C" NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    relayed_at  timestamptz NOT NULL,
    PRIMARY KEY (store, shard, position)
);
CREATE INDEX IF NOT EXISTS monitor_events_recorded ON public.monitor_events USING brin (recorded_at);
CREATE INDEX IF NOT EXISTS monitor_events_id ON public.monitor_events (event_id);
CREATE INDEX IF NOT EXISTS monitor_events_correlation ON public.monitor_events (correlation);
CREATE INDEX IF NOT EXISTS monitor_events_causation ON public.monitor_events (causation);
COMMENT ON TABLE public.monitor_events IS 'By what each event hangs together with others, without its data; relayed_at = when the monitor read it from its topic, the machine''s time.';

CREATE TABLE IF NOT EXISTS public.view_times (
    store      text        COLLATE "C" NOT NULL,
    shard      integer     NOT NULL,
    position   bigint      NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (store, shard, position)
);
COMMENT ON TABLE public.view_times IS 'When the views first came to hold everything up to a position, the machine''s time; a row a batch.';

GRANT SELECT, INSERT, DELETE ON public.canary, public.view_times TO obec_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    public.monitor_offsets, public.monitor_rates, public.monitor_heard, public.monitor_events
TO obec_app;
