-- Rebuilds: what was ordered, how far each is, what its comparison found, and which views answer. They stand beside the
-- event store and not among the views, which are made anew; so they may be there already when this runs.

CREATE TABLE IF NOT EXISTS public.rebuilds (
    schema         text        COLLATE "C" PRIMARY KEY,
    number         integer     NOT NULL UNIQUE,
    state          text        NOT NULL CHECK (
        state IN ('asked', 'filling', 'filled', 'compared', 'live', 'former', 'rolled_back', 'failed', 'dropped')
    ),
    replaced       text        COLLATE "C",
    asked_by       text        NOT NULL,
    asked_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    reason         text        NOT NULL CHECK (reason <> ''),
    ordered        text        CHECK (ordered IN ('compare', 'swap', 'roll_back', 'drop')),
    ordered_by     text,
    ordered_at     timestamptz,
    order_reason   text,
    made_of        text,
    records        bigint      NOT NULL DEFAULT 0,
    goal           bigint      NOT NULL DEFAULT 0,
    per_second     double precision,
    seconds_left   double precision,
    positions      text        NOT NULL DEFAULT '[]',
    compared_at    timestamptz,
    differences    integer,
    stopped_store  text        COLLATE "C",
    stopped_shard  integer,
    stopped_record bigint,
    trouble        text        NOT NULL DEFAULT '',
    message        text        NOT NULL DEFAULT '',
    changed_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE public.rebuilds IS 'Every version of the views: the live one, whose schema is called reporting, and those beside it, each in the schema of its name.';
COMMENT ON COLUMN public.rebuilds.ordered IS 'What an operator ordered and the process `rebuilder` has not done yet.';
COMMENT ON COLUMN public.rebuilds.trouble IS 'What filling it waits for now; empty while all is well.';
COMMENT ON COLUMN public.rebuilds.message IS 'Why it failed, or why the last order could not be carried out.';
COMMENT ON COLUMN public.rebuilds.made_of IS 'Digest of the migrations that made its tables.';
COMMENT ON COLUMN public.rebuilds.stopped_record IS 'Offset of the record that could not be applied, of that store and shard.';

CREATE TABLE IF NOT EXISTS public.rebuild_differences (
    schema     text    COLLATE "C" NOT NULL,
    place      integer NOT NULL,
    table_name text    NOT NULL,
    key        text    NOT NULL,
    live       text,
    rebuilt    text,
    PRIMARY KEY (schema, place)
);
COMMENT ON TABLE public.rebuild_differences IS 'Rows that the last comparison found different, as JSON; a side that has no such row is null.';

CREATE TABLE IF NOT EXISTS public.views_revision (
    one        boolean     PRIMARY KEY DEFAULT true CHECK (one),
    revision   bigint      NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE public.views_revision IS 'Rises when other views take the place of those that answer. Who reads the views holds a lock on this table, so that no answer is made of both.';

INSERT INTO public.views_revision (revision) VALUES (1) ON CONFLICT DO NOTHING;
INSERT INTO public.rebuilds (schema, number, state, asked_by, reason)
VALUES ('reporting_v1', 1, 'live', 'migrate', 'The views as they were first made.')
ON CONFLICT DO NOTHING;

GRANT SELECT, INSERT, UPDATE ON public.rebuilds TO obec_app;
GRANT SELECT ON public.rebuild_differences, public.views_revision TO obec_app;
