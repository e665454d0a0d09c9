-- Who is to be told of alarms, and was. It stands beside the event store and not among the views: these are dropped and made
-- anew, and nobody is to be told twice by that. For the same reason it may be there already when this runs.

CREATE TABLE IF NOT EXISTS public.alarm_notices (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alarm      text        COLLATE "C" NOT NULL,
    occurrence integer     NOT NULL,
    news       text        NOT NULL CHECK (news IN ('raised', 'repeated', 'cleared')),
    nth        integer     NOT NULL DEFAULT 0,
    channel    text        NOT NULL CHECK (channel IN ('webhook', 'email')),
    programme  text        COLLATE "C",
    kind       text        COLLATE "C" NOT NULL,
    what       text        COLLATE "C" NOT NULL,
    th         text        NOT NULL,
    en         text        NOT NULL,
    raised_at  timestamptz NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts   integer     NOT NULL DEFAULT 0,
    error      text        NOT NULL DEFAULT '',
    sent_at    timestamptz,
    UNIQUE (alarm, occurrence, news, nth, channel)
);
CREATE INDEX IF NOT EXISTS alarm_notices_unsent ON public.alarm_notices (channel, id) WHERE sent_at IS NULL;
COMMENT ON TABLE public.alarm_notices IS 'What is told of alarms by each channel, once a news: made_at, due_at and sent_at are the database''s time; raised_at is business time.';

GRANT SELECT, INSERT, UPDATE, DELETE ON public.alarm_notices TO obec_app;
